import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether this machine lets the suite make networks of its own: it takes root, or what passes for it in a user namespace. */
export function canMakeNetworks(): boolean {
  try {
    execFileSync('unshare', ['--net', 'ip', 'link', 'add', 'bridge0', 'type', 'bridge'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A network namespace. It is gone when the process that holds it is. */
class Namespace {
  private constructor(private readonly holder: ChildProcess) {}

  static async make(): Promise<Namespace> {
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo; exec sleep infinity'], { stdio: ['ignore', 'pipe', 'inherit'] });
    // From its first word on it is in its own network.
    await once(holder.stdout!, 'data');
    const namespace = new Namespace(holder);
    await namespace.run('ip', 'link', 'set', 'lo', 'up');
    return namespace;
  }

  get pid(): number {
    return this.holder.pid!;
  }

  /** How a program is started here. */
  get prefix(): string[] {
    return ['nsenter', '--net', '--target', String(this.pid)];
  }

  async run(...command: string[]): Promise<void> {
    const [program, ...options] = [...this.prefix, ...command];
    await run(program!, options);
  }

  async end(): Promise<void> {
    if (this.holder.exitCode !== null || this.holder.signalCode !== null) return;
    const ended = once(this.holder, 'exit');
    this.holder.kill('SIGKILL');
    await ended;
  }
}

/** A device's network: one interface, joined to the router by a link that can be cut. */
export class Network {
  private subnet = 0;

  private constructor(
    private readonly router: Namespace,
    private readonly device: Namespace,
    private readonly number: number,
  ) {}

  /** Joins a device to the router: a bridge there, so that the link can be cut where the device does not see it. */
  static async join(router: Namespace, device: Namespace, number: number): Promise<Network> {
    const network = new Network(router, device, number);
    const { bridge, port } = network;
    await router.run('ip', 'link', 'add', bridge, 'type', 'bridge');
    for (const subnet of [0, 1]) await router.run('ip', 'address', 'add', `${network.address(subnet, 1)}/24`, 'dev', bridge);
    await router.run('ip', 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'device0', 'netns', String(device.pid));
    await router.run('ip', 'link', 'set', port, 'master', bridge, 'up');
    await router.run('ip', 'link', 'set', bridge, 'up');
    await device.run('ip', 'address', 'add', `${network.address(0, 2)}/24`, 'dev', 'device0');
    await device.run('ip', 'link', 'set', 'device0', 'up');
    await device.run('ip', 'route', 'add', 'default', 'via', network.address(0, 1));
    return network;
  }

  /** From now on nothing passes, in either direction. The device's own interface stays up. */
  async cut(): Promise<void> {
    await this.router.run('ip', 'link', 'set', this.port, 'nomaster');
  }

  /** Everything passes again. */
  async mend(): Promise<void> {
    await this.router.run('ip', 'link', 'set', this.port, 'master', this.bridge);
  }

  /** The device gets an address of another subnet in place of the one it has. */
  async changeAddress(): Promise<void> {
    const before = this.subnet;
    this.subnet = 1 - before;
    await this.device.run('ip', 'address', 'add', `${this.address(this.subnet, 2)}/24`, 'dev', 'device0');
    await this.device.run('ip', 'route', 'replace', 'default', 'via', this.address(this.subnet, 1));
    await this.device.run('ip', 'address', 'del', `${this.address(before, 2)}/24`, 'dev', 'device0');
  }

  /** Writes a script that starts `program` on this device. */
  async wrapper(directory: string, program: string): Promise<string> {
    const script = path.join(directory, `device-${this.number}.sh`);
    await mkdir(directory, { recursive: true });
    await writeFile(script, `#!/bin/sh\nexec ${this.device.prefix.join(' ')} ${program} "$@"\n`);
    await chmod(script, 0o755);
    return script;
  }

  private get bridge(): string {
    return `bridge${this.number}`;
  }

  private get port(): string {
    return `port${this.number}`;
  }

  private address(subnet: number, host: number): string {
    return `10.${100 + this.number}.${subnet}.${host}`;
  }
}

/** Two devices' networks and the router between them, where a server can run. */
export class Networks {
  private constructor(
    private readonly router: Namespace,
    private readonly namespaces: Namespace[],
    readonly sender: Network,
    readonly receiver: Network,
  ) {}

  /** The router's address as both devices know it. */
  static readonly router = '10.100.0.1';

  static async make(): Promise<Networks> {
    const namespaces = await Promise.all([Namespace.make(), Namespace.make(), Namespace.make()]);
    const [router, first, second] = namespaces as [Namespace, Namespace, Namespace];
    try {
      await router.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
      return new Networks(router, namespaces, await Network.join(router, first, 0), await Network.join(router, second, 1));
    } catch (error) {
      await Promise.all(namespaces.map((namespace) => namespace.end()));
      throw error;
    }
  }

  /** From now on the devices reach the router, and not each other. */
  async part(): Promise<void> {
    await this.router.run('sh', '-c', 'echo 0 > /proc/sys/net/ipv4/ip_forward');
  }

  /** How a program is started on the router. */
  get prefix(): string[] {
    return this.router.prefix;
  }

  /** Whatever ran in them has ended by now: with their holders the namespaces and everything in them are gone. */
  async end(): Promise<void> {
    await Promise.all(this.namespaces.map((namespace) => namespace.end()));
  }
}
