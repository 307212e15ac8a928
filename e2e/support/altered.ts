import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from './server';

/** What a server answers with. */
export interface Answer {
  body: Buffer;
  readonly headers: Headers;
}

/** Serves what the suite's server does, some of it altered: as a host does that somebody has broken into, or that has no headers of ours. */
export class AlteredServer {
  private constructor(
    readonly url: string,
    private readonly server: http.Server,
  ) {}

  static async start(original: string, alter: (path: string, answer: Answer) => void): Promise<AlteredServer> {
    const server = http.createServer((request, response) => {
      void respond(original, request.url!, alter).then(({ body, headers }) => response.writeHead(200, Object.fromEntries(headers)).end(body));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    Server.origins.add(url);
    return new AlteredServer(url, server);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

export async function respond(original: string, path: string, alter: (path: string, answer: Answer) => void): Promise<Answer> {
  const found = await fetch(original + path);
  const answer = { body: Buffer.from(await found.arrayBuffer()), headers: new Headers(found.headers) };
  // The body has been unpacked, and may become another.
  for (const name of ['content-encoding', 'content-length', 'etag', 'transfer-encoding']) answer.headers.delete(name);
  alter(path, answer);
  return answer;
}
