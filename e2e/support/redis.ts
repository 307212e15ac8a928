import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import readline from 'node:readline';

/** A Redis of a test's own: Debian's, on a free port of the loopback interface, with nothing written to the disk. */
export class Redis {
  private constructor(
    /** For `perkoon serve --store`. */
    readonly url: string,
    private readonly process: ChildProcess,
  ) {}

  static async start(): Promise<Redis> {
    const port = await freePort();
    const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no'];
    const process = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'inherit'] });
    const failed = new Promise<never>((_, reject) => {
      process.once('error', () => reject(new Error('redis-server is not installed, and these tests need it: install it (Debian: apt-get install redis-server)')));
      process.once('exit', (code) => reject(new Error(`redis-server ended with ${code}`)));
    });
    failed.catch(() => undefined);
    const ready = new Promise<void>((resolve) => {
      const lines = readline.createInterface({ input: process.stdout! });
      lines.on('line', (line) => /ready to accept connections/i.test(line) && resolve());
    });
    await Promise.race([ready, failed]);
    return new Redis(`redis://127.0.0.1:${port}/0`, process);
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
