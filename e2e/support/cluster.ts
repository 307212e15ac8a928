import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { Redis } from './redis';
import { Server } from './server';

/** Looks at what a server is about to say on a signalling socket; the server is killed, and it is not said, when the answer is true. */
export type Fatal = (said: string) => boolean;

interface Node {
  readonly server: Server;
  readonly port: number;
  alive: boolean;
}

/** Three servers with one Redis, behind a proxy that hands connections out in turn. */
export class Cluster {
  private readonly nodes: Node[] = [];
  private readonly sockets = new Set<net.Socket>();
  /** Which server each signalling socket went to, in order. */
  readonly signalling: number[] = [];
  private requests = 0;
  private fatal?: Fatal;

  private constructor(
    private readonly redis: Redis,
    private readonly proxy: net.Server,
  ) {}

  static async start(directory: string): Promise<Cluster> {
    await mkdir(directory, { recursive: true });
    const secret = path.join(directory, 'secret');
    await writeFile(secret, randomBytes(32).toString('hex'), { mode: 0o600 });
    const redis = await Redis.start();
    const proxy = net.createServer();
    const cluster = new Cluster(redis, proxy);
    proxy.on('connection', (client) => cluster.connected(client));
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    Server.origins.add(cluster.url);
    for (let number = 0; number < 3; number += 1) {
      const server = await Server.start('--store', redis.url, '--secret-file', secret, '--public-url', cluster.url);
      cluster.nodes.push({ server, port: Number(new URL(server.url).port), alive: true });
    }
    return cluster;
  }

  /** Where everybody goes. */
  get url(): string {
    return `http://127.0.0.1:${(this.proxy.address() as net.AddressInfo).port}`;
  }

  /** Each server's own address. */
  get servers(): string[] {
    return this.nodes.map(({ server }) => server.url);
  }

  /** SIGKILL, while whoever is connected to it is. */
  async kill(number: number): Promise<void> {
    const node = this.nodes[number]!;
    node.alive = false;
    await node.server.kill();
  }

  /** From now on, until it has happened once. */
  killWhen(fatal: Fatal): void {
    this.fatal = fatal;
  }

  /** Whether that is still to come. */
  get isArmed(): boolean {
    return this.fatal !== undefined;
  }

  async stop(): Promise<void> {
    this.proxy.close();
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(this.nodes.map(({ server }) => server.kill()));
    await this.redis.stop();
  }

  private connected(client: net.Socket): void {
    this.watch(client);
    client.once('data', (head) => {
      const isSignalling = head.toString('latin1').startsWith('GET /socket');
      const number = this.next(isSignalling ? this.signalling.length : this.requests);
      if (isSignalling) this.signalling.push(number);
      else this.requests += 1;
      this.join(client, number, head, isSignalling);
    });
  }

  /** The next one in turn that is alive, as proxies leave out those that are not. */
  private next(turn: number): number {
    const alive = this.nodes.flatMap(({ alive }, number) => (alive ? [number] : []));
    return alive[turn % alive.length]!;
  }

  private join(client: net.Socket, number: number, head: Buffer, isSignalling: boolean): void {
    const server = net.connect(this.nodes[number]!.port, '127.0.0.1');
    this.watch(server);
    server.write(head);
    client.pipe(server);
    server.on('data', (said) => {
      // What servers say on sockets is not masked.
      if (isSignalling && this.fatal?.(said.toString('latin1'))) {
        this.fatal = undefined;
        server.pause();
        // What is paused does not notice by itself that the other end has gone.
        void this.kill(number).then(() => server.destroy());
      } else client.write(said);
    });
    server.on('close', () => client.destroy());
    client.on('close', () => server.destroy());
  }

  private watch(socket: net.Socket): void {
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => this.sockets.delete(socket));
    // The other end is told by the close that follows.
    socket.on('error', () => socket.destroy());
  }
}
