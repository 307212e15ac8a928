import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';

/** A screen that nobody looks at, for browsers with windows. It listens on a socket of the file system only. */
export class Display {
  private constructor(
    /** What programs find in `DISPLAY`. */
    readonly name: string,
    private readonly process: ChildProcess,
  ) {}

  /** Starts one; the server picks a number that is free. */
  static async start(): Promise<Display> {
    const process = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const failed = Promise.race([once(process, 'error'), once(process, 'exit')]).then(([reason]) => {
      throw new Error(`Xvfb did not start: ${reason}`);
    });
    const lines = createInterface({ input: process.stdio[3] as Readable });
    const [number] = (await Promise.race([once(lines, 'line'), failed])) as [string];
    failed.catch(() => undefined);
    return new Display(`:${number}`, process);
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await ended;
  }
}
