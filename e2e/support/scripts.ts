import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { launchOptions } from './browser';
import { test as base } from './fixtures';
import { VIOLATION, offence, tellViolations } from './policy';

const modules = path.resolve(import.meta.dirname, '../node_modules');

/** Where what scripts' pages did against their policy is written down. */
const OFFENCES = 'offences';

/** A module that a script is started with: has the pages of every browser that it launches tell. */
const WATCH = `
import { appendFileSync } from 'node:fs';
import { chromium } from 'playwright';
const launch = chromium.launch.bind(chromium);
chromium.launch = async (options) => {
  const browser = await launch(options);
  browser.on('context', (context) => {
    context.addInitScript(${tellViolations.toString()}, ${JSON.stringify(VIOLATION)});
    context.on('console', (message) => {
      if (message.text().startsWith(${JSON.stringify(VIOLATION)})) appendFileSync('${OFFENCES}', message.text() + '\\n');
    });
  });
  return browser;
};
`;

/** A line of a script's output with `--json`. */
export interface ScriptEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A ready-to-run script at work. */
export class Script {
  readonly stdout: string[] = [];
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  stderr = '';
  private isOver = false;
  private readonly heard = new EventEmitter();

  constructor(
    private readonly process: ChildProcessByStdio<Writable, Readable, Readable>,
    private readonly mark: string,
  ) {
    process.stderr.on('data', (data: Buffer) => (this.stderr += data.toString()));
    readline.createInterface({ input: process.stdout }).on('line', (line) => {
      this.stdout.push(line);
      this.heard.emit('line');
    });
    this.ended = once(process, 'close').then(([code, signal]) => {
      this.isOver = true;
      this.heard.emit('line');
      return (code ?? signal) as number | NodeJS.Signals;
    });
  }

  /** Every line of stdout as an event: nothing else may be there. */
  get events(): ScriptEvent[] {
    return this.stdout.map((line) => JSON.parse(line) as ScriptEvent);
  }

  /** The events' names, in order, each row of the same ones once. */
  get story(): string[] {
    return this.events.map(({ event }) => event).filter((event, index, all) => event !== all[index - 1]);
  }

  /** Waits for a line of stdout that fits; fails when the script ends without it. */
  async line(fits: (line: string) => boolean): Promise<string> {
    for (;;) {
      const line = this.stdout.find(fits);
      if (line !== undefined) return line;
      if (this.isOver) throw new Error(`the script ended without what was awaited: ${this.stdout.join('\n')}\n${this.stderr}`);
      await once(this.heard, 'line');
    }
  }

  /** Waits for an event of this name. */
  async event(name: string): Promise<ScriptEvent> {
    return JSON.parse(await this.line((line) => (JSON.parse(line) as ScriptEvent).event === name)) as ScriptEvent;
  }

  /** What Ctrl-C does. */
  interrupt(): void {
    this.process.kill('SIGINT');
  }

  /** The processes it has started that are still there. */
  async browsers(): Promise<string[]> {
    const found = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map((pid) => this.isOurs(pid)));
    return found.filter((pid) => pid !== null);
  }

  /** Ends it, where a test has not seen it end. */
  async kill(): Promise<void> {
    if (this.isOver) return;
    this.process.kill('SIGKILL');
    await this.ended;
  }

  private async isOurs(pid: string): Promise<string | null> {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    return environment.includes(this.mark) && Number(pid) !== this.process.pid ? pid : null;
  }
}

/** A folder of a user's, away from the project's own packages, with both scripts fetched. */
export class ScriptFolder {
  private readonly started: Script[] = [];

  private constructor(
    readonly path: string,
    readonly environment: NodeJS.ProcessEnv,
  ) {}

  static async fetch(url: string): Promise<ScriptFolder> {
    const directory = await mkdtemp(path.join(tmpdir(), 'perkoon-user-'));
    for (const name of ['send', 'receive']) {
      const target = path.join(directory, `${name}.mjs`);
      await promisify(execFile)('curl', ['--fail', '--silent', '--show-error', '--output', target, `${url}/perkoon_${name}.mjs`]);
    }
    return new ScriptFolder(directory, { ...process.env, PERKOON_URL: url, PERKOON_CHROMIUM: launchOptions.executablePath });
  }

  /** Leaves what `npm install` of these packages would. */
  async install(...names: string[]): Promise<void> {
    await mkdir(this.at('node_modules'), { recursive: true });
    for (const name of names) await symlink(path.join(modules, name), this.at('node_modules', name));
  }

  /** Has the scripts' pages tell what they do against their policy. Playwright has to be installed. */
  async watch(): Promise<void> {
    await writeFile(this.at('watch.mjs'), WATCH);
    this.environment.NODE_OPTIONS = `--import=${this.at('watch.mjs')}`;
  }

  /** What they did. */
  async offences(): Promise<Error[]> {
    const lines = await readFile(this.at(OFFENCES), 'utf8').catch(() => '');
    return lines.split('\n').filter(Boolean).map(offence);
  }

  send(...options: string[]): Script {
    return this.run(['send.mjs', ...options]);
  }

  receive(...options: string[]): Script {
    return this.run(['receive.mjs', ...options]);
  }

  /** Runs node with a changed environment, in which `undefined` takes a variable away, and something on its stdin. */
  run(options: string[], environment: NodeJS.ProcessEnv = {}, input = ''): Script {
    const mark = `perkoon-test-${randomUUID()}`;
    const process = spawn('node', options, {
      cwd: this.path,
      env: { ...this.environment, PERKOON_TEST: mark, ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    process.stdin.end(input);
    const script = new Script(process, mark);
    this.started.push(script);
    return script;
  }

  at(...names: string[]): string {
    return path.join(this.path, ...names);
  }

  async remove(): Promise<void> {
    await Promise.all(this.started.map((script) => script.kill()));
    await rm(this.path, { recursive: true, maxRetries: 5 });
  }
}

interface ScriptFixtures {
  /** Holds both scripts and no Playwright. */
  bareFolder: ScriptFolder;
  /** Holds both scripts and Playwright. */
  folder: ScriptFolder;
}

export const test = base.extend<ScriptFixtures>({
  bareFolder: async ({ url }, use) => {
    const folder = await ScriptFolder.fetch(url);
    await use(folder);
    await folder.remove();
  },
  folder: async ({ bareFolder, pageErrors }, use) => {
    await bareFolder.install('playwright', 'playwright-core');
    await bareFolder.watch();
    await use(bareFolder);
    pageErrors.push(...(await bareFolder.offences()));
  },
});

export { expect } from './fixtures';
