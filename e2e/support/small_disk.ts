import { execFile } from 'node:child_process';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { MB } from './files';

const run = promisify(execFile);

/** A disk of a test's own, which can be full. It lies in memory, and is gone with the test. */
export class SmallDisk {
  private constructor(readonly directory: string) {}

  /** Mounts one; `undefined` where only others may mount disks. */
  static async mount(directory: string, megabytes: number): Promise<SmallDisk | undefined> {
    await mkdir(directory, { recursive: true });
    const mounting = run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes * MB}`, 'tmpfs', directory]);
    return mounting.then(
      () => new SmallDisk(directory),
      () => undefined,
    );
  }

  /** Takes room away until so many megabytes are left. */
  async leave(megabytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.directory);
    const ballast = await open(this.ballast, 'w');
    const chunk = Buffer.alloc(MB);
    for (let left = bavail * bsize - megabytes * MB; left > 0; left -= chunk.length) await ballast.write(chunk);
    await ballast.close();
  }

  /** Gives it back. */
  async makeRoom(): Promise<void> {
    await rm(this.ballast);
  }

  async unmount(): Promise<void> {
    await run('umount', [this.directory]);
  }

  private get ballast(): string {
    return path.join(this.directory, 'ballast');
  }
}
