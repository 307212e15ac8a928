import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { end, freePort } from './ports';
import { Server } from './server';
import { CADDY_HERE, LOOPBACK, example, startCaddy, startNginx } from './web_servers';

const repository = path.resolve(import.meta.dirname, '../..');
const xtask = process.env.PERKOON_XTASK ?? path.join(repository, 'target/debug/xtask');

/** Who serves the pages: web servers with the examples in `deploy/`, or a host that knows nothing but files and `404.html`. */
export type HostKind = 'nginx' | 'caddy' | 'plain';

/** Where the pages are. */
export type Folder = '/' | '/files/';

/** A host of static files of a test's own. Everything it writes is in one directory. */
export class StaticHost {
  private process: ChildProcess | undefined;
  private server: http.Server | undefined;

  private constructor(
    readonly kind: HostKind,
    readonly folder: Folder,
    private readonly directory: string,
    private readonly port: number,
  ) {
    Server.origins.add(this.origin);
  }

  /** One that is going to listen at an address which is known from now on. */
  static async prepare(kind: HostKind, folder: Folder, directory: string): Promise<StaticHost> {
    const host = new StaticHost(kind, folder, directory, await freePort(LOOPBACK));
    await mkdir(host.root, { recursive: true });
    return host;
  }

  get origin(): string {
    return `http://${LOOPBACK}:${this.port}`;
  }

  /** The address of the pages. */
  get url(): string {
    return this.origin + this.folder;
  }

  /** What is served at the root of the host. */
  get root(): string {
    return path.join(this.directory, 'www');
  }

  /** Puts the pages there, made for a server, and starts. */
  async serve(server: string): Promise<void> {
    const output = path.join(this.root, this.folder);
    await promisify(execFile)(xtask, ['dist', '--no-build', '--server', server, '--base', this.url, '--output', output], { cwd: repository });
    if (this.kind === 'plain') return this.startPlain();
    this.process = this.kind === 'nginx' ? await this.nginx() : await this.caddy();
  }

  async stop(): Promise<void> {
    if (this.process) await end(this.process);
    if (!this.server) return;
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async nginx(): Promise<ChildProcess> {
    const headers = await example(this.directory, 'nginx/headers.conf');
    const site = await example(this.directory, this.folder === '/' ? 'nginx/root.conf' : 'nginx/folder.conf', [
      [/listen 80;/, `listen ${LOOPBACK}:${this.port};`],
      [/root \/srv\/\w+;/, `root ${this.root};`],
      [/\/etc\/nginx\/snippets\/perkoon-headers\.conf/, headers],
    ]);
    return startNginx(this.directory, this.port, [await example(this.directory, 'nginx/maps.conf'), site]);
  }

  private async caddy(): Promise<ChildProcess> {
    await example(this.directory, 'caddy/perkoon.caddy');
    const site = await example(this.directory, this.folder === '/' ? 'caddy/root.Caddyfile' : 'caddy/folder.Caddyfile', [
      [/^/, CADDY_HERE],
      [/\w+\.example\.org {/, `${this.origin} {\n\tbind ${LOOPBACK}`],
      [/root \* \/srv\/\w+/, `root * ${this.root}`],
    ]);
    return startCaddy(this.directory, this.port, site);
  }

  private async startPlain(): Promise<void> {
    this.server = http.createServer((request, response) => void this.answer(new URL(request.url!, this.origin).pathname, response));
    await once(this.server.listen(this.port, LOOPBACK), 'listening');
  }

  /** As GitHub Pages does: a file, a page by its name, or `404.html`. */
  private async answer(pathname: string, response: http.ServerResponse): Promise<void> {
    const name = path.join(this.root, decodeURIComponent(pathname));
    for (const file of pathname.endsWith('/') ? [`${name}index.html`] : [name, `${name}.html`]) {
      if (await isFile(file)) return send(file, 200, response);
    }
    send(path.join(this.root, this.folder, '404.html'), 404, response);
  }
}

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.wasm': 'application/wasm' };

function send(file: string, status: number, response: http.ServerResponse): void {
  response.writeHead(status, { 'Content-Type': TYPES[path.extname(file)] ?? 'application/octet-stream' });
  createReadStream(file).pipe(response);
}

function isFile(file: string): Promise<boolean> {
  return stat(file).then((found) => found.isFile(), () => false);
}
