// The founding document's shell commands, which are in the files beside this one to the letter, but for `perkoon` in place of
// `npx -y perkoon@0.3.6`. What the document says to replace is replaced as the user of a shell would.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readlink, rm } from 'node:fs/promises';
import path from 'node:path';
import { binary, cleanEnvironment, pathWithCommand, test as base } from '../command';
import { end } from '../ports';

/** Where the document has received files saved. */
const INBOX = '/home/openclaw/.openclaw/workspace/received/';

/** What the document's commands write down about what they have started. */
const TRACES = ['send', 'recv'].flatMap((side) => [`/tmp/perkoon-${side}.log`, `/tmp/perkoon-${side}.pid`]);

/** What the user puts in place of the document's placeholders. */
type Replacements = Partial<Record<'/path/to/file' | '/path/to/destination' | 'CODE' | 'KEY', string>>;

/** A user's shell. */
export class SeedShell {
  private readonly started: ChildProcess[] = [];

  private constructor(
    private readonly environment: NodeJS.ProcessEnv,
    /** Where received files are saved. */
    readonly inbox: string,
    /** The first folder that had to be made for that. */
    private readonly made: string | undefined,
  ) {}

  /** Opens one that can write to the document's folder for received files; where only others could make that, it is another one. */
  static async open(url: string, directory: string): Promise<SeedShell> {
    const environment = { ...cleanEnvironment(), PATH: await pathWithCommand(directory), PERKOON_URL: url };
    return mkdir(INBOX, { recursive: true }).then(
      (made) => new SeedShell(environment, INBOX, made),
      () => new SeedShell(environment, path.join(directory, 'inbox/'), undefined),
    );
  }

  /** Runs one of the scripts to its end; answers with the lines that it has written. */
  async run(name: string, replacements: Replacements = {}): Promise<string[]> {
    let script = await readFile(path.join(import.meta.dirname, `${name}.sh`), 'utf8');
    for (const [placeholder, value] of Object.entries({ ...replacements, [INBOX]: this.inbox })) script = script.replaceAll(placeholder, value);
    const shell = spawn('bash', ['-c', script], { env: this.environment, stdio: ['ignore', 'pipe', 'inherit'] });
    this.started.push(shell);
    let output = '';
    shell.stdout.on('data', (data: Buffer) => (output += data.toString()));
    await once(shell, 'close');
    return output.split('\n').filter(Boolean);
  }

  /** Ends what still runs, and leaves nothing. */
  async close(): Promise<void> {
    await Promise.all(this.started.map((shell) => end(shell, 'SIGKILL')));
    for (const file of TRACES.filter((file) => file.endsWith('.pid'))) await endCommand((await readFile(file, 'utf8').catch(() => '')).trim());
    await Promise.all(TRACES.map((file) => rm(file, { force: true })));
    if (this.made) await rm(this.made, { recursive: true, force: true });
  }
}

/** Ends a command by its id, which by now may be that of another program. */
async function endCommand(pid: string): Promise<void> {
  const program = await readlink(`/proc/${pid}/exe`).catch(() => undefined);
  if (program === binary) process.kill(Number(pid), 'SIGKILL');
}

export const test = base.extend<{ shell: SeedShell }>({
  shell: async ({ url, directory }, use) => {
    await mkdir(directory, { recursive: true });
    const shell = await SeedShell.open(url, directory);
    await use(shell);
    await shell.close();
  },
});

export { expect } from '../command';
