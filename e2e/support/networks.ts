// Networks of a test's own: each has one browser in it and is joined to the network that the suite runs in, which passes packets on
// between them, as the internet does between two homes. Needs root, as the suite's own network namespace does.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Browser, chromium } from '@playwright/test';
import { launchOptions } from './browser';

const run = promisify(execFile);

/** The first three parts of the addresses of network number `n` are these and n. */
const PREFIX = '10.98';

/** One network and the browser in it. */
export class Network {
  private constructor(
    readonly browser: Browser,
    private readonly number: number,
    private readonly process: ChildProcess,
    private host: number,
  ) {}

  /** Makes network number `number`, with a browser that takes the pages of `url` for as safe as those of its own machine. */
  static async open(number: number, directory: string, url: string): Promise<Network> {
    const process = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' });
    try {
      await made(process.pid!);
      await join(number, process.pid!);
      return new Network(await launch(process.pid!, directory, number, url), number, process, 2);
    } catch (error) {
      process.kill('SIGKILL');
      throw error;
    }
  }

  /** From now on nothing comes through, in either direction; neither side is told. */
  async cut(): Promise<void> {
    await ip(`link set ${port(this.number)} nomaster`);
  }

  /** Everything comes through again. */
  async mend(): Promise<void> {
    await ip(`link set ${port(this.number)} master ${bridge(this.number)}`);
  }

  /** Gives the browser's machine another address in place of the one it has. */
  async changeAddress(): Promise<void> {
    const inside = (...command: string[]) => run('nsenter', [`--net=/proc/${this.process.pid}/ns/net`, 'ip', ...command]);
    const address = (host: number) => `${PREFIX}.${this.number}.${host}/24`;
    await inside('address', 'del', address(this.host), 'dev', 'far');
    await inside('address', 'add', address(this.host + 1), 'dev', 'far');
    // The route has gone with the address.
    await inside('route', 'add', 'default', 'via', `${PREFIX}.${this.number}.1`);
    this.host += 1;
  }

  /** Closes the browser and takes the network away. */
  async close(): Promise<void> {
    await this.browser.close();
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
    // It may have gone with the far end, which goes with its namespace.
    await ip(`link delete ${port(this.number)}`).catch(() => undefined);
    await ip(`link delete ${bridge(this.number)}`);
  }
}

const bridge = (number: number) => `bridge${number}`;
const port = (number: number) => `port${number}`;

async function ip(command: string): Promise<void> {
  await run('ip', command.split(' '));
}

/** Waits until the process has its own network namespace. */
async function made(pid: number): Promise<void> {
  const own = await readlink('/proc/self/ns/net');
  while ((await readlink(`/proc/${pid}/ns/net`)) === own) await later(5);
}

/** Joins the network to the suite's own, by a bridge: taken off it, the near end passes nothing on, and the far end's link stays up. */
async function join(number: number, pid: number): Promise<void> {
  const inside = (command: string) => run('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', ...command.split(' ')]);
  await ip(`link add ${bridge(number)} type bridge`);
  await ip(`address add ${PREFIX}.${number}.1/24 dev ${bridge(number)}`);
  await ip(`link set ${bridge(number)} up`);
  await ip(`link add ${port(number)} type veth peer name far netns ${pid}`);
  await ip(`link set ${port(number)} master ${bridge(number)} up`);
  await inside(`address add ${PREFIX}.${number}.2/24 dev far`);
  await inside('link set lo up');
  await inside('link set far up');
  await inside(`route add default via ${PREFIX}.${number}.1`);
  await run('sysctl', ['--quiet', 'net.ipv4.ip_forward=1']);
}

async function launch(pid: number, directory: string, number: number, url: string): Promise<Browser> {
  await mkdir(directory, { recursive: true });
  const script = path.join(directory, `browser-${number}.sh`);
  await writeFile(script, `#!/bin/sh\nexec nsenter --net=/proc/${pid}/ns/net '${launchOptions.executablePath}' "$@"\n`);
  await chmod(script, 0o755);
  const args = [...launchOptions.args!, `--unsafely-treat-insecure-origin-as-secure=${url}`];
  return chromium.launch({ ...launchOptions, executablePath: script, args });
}
