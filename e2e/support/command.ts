import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import readline from 'node:readline';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect, test as base } from './fixtures';
import { end } from './ports';

/** The command under test. */
export const binary = process.env.PERKOON_BINARY ?? path.resolve(import.meta.dirname, '../../target/release/perkoon');

/** A line that the command writes with `--json`. */
export interface CommandEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A file as `transfer_complete` of a receive lists it. */
export interface ReceivedFile {
  readonly name: string;
  readonly path: string;
  readonly size: number;
  readonly blake3: string;
}

/** How a command came to its end. */
export interface Ended {
  /** Its exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals;
  readonly events: CommandEvent[];
}

/** How a command is started. */
export interface Start {
  /** What the environment has besides a shell's own variables. */
  readonly environment?: Record<string, string>;
  /** The program in place of the command itself: one that starts it on another device, say. */
  readonly program?: string;
  /** What comes in on stdin; nothing otherwise. */
  readonly input?: string | Readable;
  /** A file that stdout goes to. Events are then on stderr. */
  readonly into?: string;
}

/** A `perkoon` command at work, with `--json`. */
export class Command {
  /** Every event so far. */
  readonly events: CommandEvent[] = [];
  /** What it has written besides. */
  readonly remarks: string[] = [];
  private readonly heard = new EventEmitter();
  private readonly outcome: Promise<Ended>;
  private isOver = false;

  constructor(
    private readonly process: ChildProcess,
    eventsOn: 'stdout' | 'stderr',
  ) {
    this.heard.setMaxListeners(0);
    for (const name of ['stdout', 'stderr'] as const) {
      const stream = process[name];
      if (stream) readline.createInterface({ input: stream }).on('line', (line) => this.take(line, name === eventsOn));
    }
    this.outcome = once(process, 'close').then(([code, signal]) => {
      this.isOver = true;
      this.heard.emit('news');
      return { code: (code ?? signal) as number | NodeJS.Signals, events: this.events };
    });
  }

  /** The events' names, in order, each row of the same ones once. */
  get story(): string[] {
    return this.events.map(({ event }) => event).filter((event, index, all) => event !== all[index - 1]);
  }

  /** Waits for an event of this name, which `fits`; fails when the command ends without it. */
  async event(name: string, fits: (event: CommandEvent) => boolean = () => true): Promise<CommandEvent> {
    for (;;) {
      const found = this.events.find((event) => event.event === name && fits(event));
      if (found) return found;
      if (this.isOver) throw new Error(`the command ended without ${name}: ${this.told}`);
      await once(this.heard, 'news');
    }
  }

  /** Waits until so many percent are through. */
  async progressed(percent: number): Promise<void> {
    await this.event('progress', (event) => (event.percent as number) >= percent);
  }

  /** The link of the session that it has made. */
  async shareUrl(): Promise<string> {
    return (await this.event('session_created')).share_url as string;
  }

  ended(): Promise<Ended> {
    return this.outcome;
  }

  /** Waits for success; answers with the last event. */
  async complete(): Promise<CommandEvent> {
    const { code, events } = await this.outcome;
    expect(code, this.told).toBe(0);
    const last = events.at(-1)!;
    expect(last).toMatchObject({ event: 'transfer_complete', duration_ms: expect.any(Number), speed: expect.any(Number) });
    return last;
  }

  /** Waits for the end and expects it to be this one, the last event saying so. */
  async fails(exitCode: number, code: string): Promise<CommandEvent> {
    const ended = await this.outcome;
    expect(ended.code, this.told).toBe(exitCode);
    const last = ended.events.at(-1);
    expect(last, this.told).toMatchObject({ event: 'error', code, exit_code: exitCode, message: expect.stringMatching(/\p{L}+ .*\.$/su) });
    return last!;
  }

  /** What Ctrl-C does. */
  interrupt(): void {
    this.process.kill('SIGINT');
  }

  /** Ends it as a crash would, where it has not ended. */
  async kill(): Promise<void> {
    await end(this.process, 'SIGKILL');
    await this.outcome;
  }

  /** The last of what it has said. */
  get told(): string {
    return [...this.events.slice(-5).map((event) => JSON.stringify(event)), ...this.remarks].join('\n');
  }

  private take(line: string, isEvent: boolean): void {
    if (isEvent) this.events.push(JSON.parse(line) as CommandEvent);
    else this.remarks.push(line);
    this.heard.emit('news');
  }
}

/** Starts commands in a folder of their own. */
export class Commands {
  private readonly started: Command[] = [];

  constructor(
    readonly url: string,
    readonly directory: string,
  ) {}

  /** `perkoon send --json`, to this server. */
  send(options: string[], start: Start = {}): Command {
    return this.run(['send', '--json', '--server', this.url, ...options], start);
  }

  /** `perkoon receive --json`, with a link or a code of this server. */
  receive(options: string[], start: Start = {}): Command {
    return this.run(['receive', '--json', '--server', this.url, ...options], start);
  }

  run(options: string[], { program = binary, environment, input, into }: Start = {}): Command {
    return this.spawn(program, options, { environment, input, into });
  }

  /** Runs a line that someone would type, `perkoon` being found on the path. */
  async shell(line: string): Promise<Command> {
    return this.spawn('sh', ['-c', `exec ${line}`], { environment: { PATH: await pathWithCommand(this.directory) } });
  }

  async kill(): Promise<void> {
    await Promise.all(this.started.map((command) => command.kill()));
  }

  /** The last of what each has said. */
  get told(): string[] {
    return this.started.map((command) => command.told);
  }

  private spawn(program: string, options: string[], { environment, input, into }: Omit<Start, 'program'>): Command {
    const stdout = into === undefined ? 'pipe' : openSync(into, 'w');
    const child = spawn(program, options, {
      cwd: this.directory,
      env: { ...cleanEnvironment(), ...environment },
      stdio: [input === undefined ? 'ignore' : 'pipe', stdout, 'pipe'],
    });
    if (typeof stdout === 'number') closeSync(stdout);
    if (typeof input === 'string') child.stdin!.end(input);
    // A command that ends early closes the pipe.
    else if (input) pipeline(input, child.stdin!).catch(() => undefined);
    const command = new Command(child, into === undefined ? 'stdout' : 'stderr');
    this.started.push(command);
    return command;
  }
}

/** What `PATH` is where the command under test is installed, in a folder below this one. */
export async function pathWithCommand(directory: string): Promise<string> {
  const folder = path.join(directory, 'bin');
  await mkdir(folder, { recursive: true });
  await symlink(binary, path.join(folder, 'perkoon')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return `${folder}:${process.env.PATH}`;
}

/** Without what the suite tells its own programs. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PERKOON_')));
}

interface CommandFixtures {
  /** Starts commands, in the test's directory, that use the run's server. Those that are left are ended after the test. */
  commands: Commands;
  /** The same for another server, or one further away. */
  commandsAt: (url: string) => Commands;
}

export const test = base.extend<CommandFixtures>({
  commands: async ({ url, commandsAt }, use) => use(commandsAt(url)),
  commandsAt: async ({ directory }, use, { errors }) => {
    await mkdir(directory, { recursive: true });
    const all: Commands[] = [];
    await use((url) => {
      const commands = new Commands(url, directory);
      all.push(commands);
      return commands;
    });
    if (errors.length > 0) console.log(all.flatMap((commands) => commands.told).join('\n\n'));
    await Promise.all(all.map((commands) => commands.kill()));
  },
});

export { expect } from './fixtures';
