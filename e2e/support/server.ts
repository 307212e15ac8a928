import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';
import { end } from './ports';

const binary = process.env.PERKOON_BINARY ?? path.resolve(import.meta.dirname, '../../target/release/perkoon');
const withoutLimits = ['--limit-creates', '0', '--limit-joins', '0', '--limit-status', '0'];

/** A `perkoon serve` of the suite's own, on a free port of the loopback interface. */
export class Server {
  /** Of all that this process has started, and of the run's own. */
  static readonly origins = new Set([process.env.PERKOON_URL].filter((url) => url !== undefined));

  private constructor(
    readonly url: string,
    private readonly process: ChildProcess,
  ) {}

  static async start(...options: string[]): Promise<Server> {
    return Server.listen('127.0.0.1:0', ...options);
  }

  /** Starts at a given address, to come back where an earlier one was. */
  static async listen(address: string, ...options: string[]): Promise<Server> {
    return Server.run(['--listen', address, ...withoutLimits, ...options]);
  }

  /** Starts as users get it, with its limits on requests. */
  static async limited(...options: string[]): Promise<Server> {
    return Server.run(['--listen', '127.0.0.1:0', ...options]);
  }

  /** Starts at a given address of another network; `prefix` is how a program is started there. */
  static async listenIn(prefix: string[], address: string, ...options: string[]): Promise<Server> {
    return Server.run(['--listen', address, ...withoutLimits, ...options], prefix);
  }

  private static async run(options: string[], prefix: string[] = []): Promise<Server> {
    const [program, ...rest] = [...prefix, binary, 'serve', '--log', 'warn', ...options];
    const process = spawn(program!, rest, {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = readline.createInterface({ input: process.stdout! });
    const failed = once(process, 'exit').then(([code]) => {
      throw new Error(`perkoon serve ended with ${code} before it listened`);
    });
    const [line] = (await Promise.race([once(lines, 'line'), failed])) as [string];
    failed.catch(() => undefined);
    const url = /https?:\/\/\S+/.exec(line)?.[0];
    if (!url) throw new Error(`perkoon serve said "${line}" and not where it listens`);
    Server.origins.add(new URL(url).origin);
    return new Server(url, process);
  }

  /** Asks the server to stop and waits until it has. */
  async stop(): Promise<void> {
    await end(this.process);
  }

  /** Ends the server as a crash would. */
  async kill(): Promise<void> {
    await end(this.process, 'SIGKILL');
  }
}
