import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Server } from './server';

/** What a server answers with. */
export interface Answer {
  body: Buffer;
  readonly headers: Headers;
}

/** Changes what is answered to a path. */
export type Alter = (path: string, answer: Answer) => void;

/** Serves what the suite's server does, some of it altered: as a host does that somebody has broken into, or that has no headers of ours. */
export class AlteredServer {
  private constructor(
    readonly url: string,
    private readonly server: http.Server,
    private readonly sockets: Duplex[],
  ) {}

  static async start(original: string, alter: Alter): Promise<AlteredServer> {
    const server = http.createServer((request, response) => {
      void respond(original, request, alter).then(({ status, body, headers }) => response.writeHead(status, Object.fromEntries(headers)).end(body));
    });
    const sockets: Duplex[] = [];
    server.on('upgrade', (request, socket) => {
      sockets.push(socket);
      passOn(original, request, socket);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    Server.origins.add(url);
    return new AlteredServer(url, server, sockets);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** What the original answers to a request, altered. */
export async function respond(original: string, request: http.IncomingMessage, alter: Alter): Promise<Answer & { status: number }> {
  const content = request.method === 'POST' ? { method: 'POST', body: await buffer(request) } : {};
  const found = await fetch(original + request.url!, content);
  const answer = { status: found.status, body: Buffer.from(await found.arrayBuffer()), headers: new Headers(found.headers) };
  // The body has been unpacked, and may become another.
  for (const name of ['content-encoding', 'content-length', 'etag', 'transfer-encoding']) answer.headers.delete(name);
  alter(request.url!, answer);
  return answer;
}

/** A socket goes straight through. */
function passOn(original: string, { url, headers }: http.IncomingMessage, socket: Duplex): void {
  const { hostname, port, host } = new URL(original);
  const upstream = net.connect(Number(port), hostname);
  const lines = Object.entries({ ...headers, host, origin: original }).map(([name, value]) => `${name}: ${String(value)}`);
  upstream.write([`GET ${url} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
  upstream.pipe(socket).pipe(upstream);
  for (const end of [upstream, socket]) end.on('error', () => [upstream, socket].forEach((other) => other.destroy()));
}
