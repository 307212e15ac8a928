import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext, Page } from '@playwright/test';
import { WebSocket, WebSocketServer } from 'ws';
import { type Alter, respond } from './altered';
import { Server } from './server';

interface Signal {
  kind: 'offer' | 'answer' | 'candidate';
  connection: number;
  sdp?: string;
  candidate?: string;
  sdp_mid?: string;
  sdp_m_line_index?: number;
}

interface Message {
  type: string;
  to?: string;
  from?: string;
  signal?: Signal;
}

type Victim = 'sender' | 'receiver';

/** A server that puts itself between the two: it answers the sender's connection and makes the receiver's, with a certificate of its own, and
 *  passes on all that is said. Everything else is the suite's server's. */
export class MaliciousServer {
  private constructor(
    readonly url: string,
    private readonly server: http.Server,
    private readonly sockets: WebSocketServer,
    private readonly page: Page,
  ) {}

  /** Its own ends are in a page of `context`. */
  static async start(original: string, context: BrowserContext, alter: Alter = () => {}): Promise<MaliciousServer> {
    const page = await context.newPage();
    await page.evaluate(standBetween);
    const server = http.createServer((request, response) => {
      void respond(original, request, alter).then(({ status, body, headers }) => response.writeHead(status, Object.fromEntries(headers)).end(body));
    });
    const sockets = new WebSocketServer({ server, path: '/socket' });
    sockets.on('connection', (victim) => intercept(victim, new WebSocket(`${original.replace(/^http/, 'ws')}/socket`, { origin: original }), page));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    Server.origins.add(url);
    return new MaliciousServer(url, server, sockets, page);
  }

  /** Every control text that it has passed on, and so has read. */
  heard(): Promise<string[]> {
    return this.page.evaluate(() => (window as unknown as Between).heard);
  }

  async stop(): Promise<void> {
    await this.page.close();
    for (const socket of this.sockets.clients) socket.terminate();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** Passes on what is said on one victim's socket, but for descriptions and candidates. */
function intercept(socket: WebSocket, upstream: WebSocket, page: Page): void {
  const victim = new Intercepted(socket, upstream, page);
  // One after the other: an offer is dealt with before what belongs to it.
  let turn: Promise<unknown> = once(upstream, 'open');
  socket.on('message', (data) => {
    turn = turn.then(() => victim.says(JSON.parse(String(data)) as Message)).catch(() => socket.terminate());
  });
  upstream.on('message', (data) => socket.send(String(data)));
  socket.on('close', () => upstream.close());
  upstream.on('close', () => socket.close());
  for (const end of [socket, upstream]) end.on('error', () => end.terminate());
}

class Intercepted {
  private role?: Victim;
  /** Candidates may come before the description that they belong to. */
  private readonly candidates: RTCIceCandidateInit[] = [];

  constructor(
    private readonly socket: WebSocket,
    private readonly upstream: WebSocket,
    private readonly page: Page,
  ) {}

  async says(message: Message): Promise<void> {
    const { signal, to } = message;
    if (message.type !== 'signal' || !signal) return this.upstream.send(JSON.stringify(message));
    const { kind, connection } = signal;
    if (kind === 'offer') {
      const forged = await this.page.evaluate((sdp) => (window as unknown as Between).meet(sdp), signal.sdp!);
      this.socket.send(JSON.stringify({ type: 'signal', from: to, signal: { kind: 'answer', connection, sdp: forged.answer } }));
      this.upstream.send(JSON.stringify({ type: 'signal', to, signal: { kind: 'offer', connection, sdp: forged.offer } }));
      this.role = 'sender';
    } else if (kind === 'answer') {
      await this.page.evaluate((sdp) => (window as unknown as Between).answered(sdp), signal.sdp!);
      this.role = 'receiver';
    } else {
      this.candidates.push({ candidate: signal.candidate, sdpMid: signal.sdp_mid, sdpMLineIndex: signal.sdp_m_line_index });
    }
    if (!this.role) return;
    for (const candidate of this.candidates.splice(0)) {
      await this.page.evaluate(([role, candidate]) => (window as unknown as Between).candidate(role, candidate), [this.role, candidate] as const);
    }
  }
}

interface Between {
  heard: string[];
  meet(offer: string): Promise<{ answer: string; offer: string }>;
  answered(sdp: string): Promise<void>;
  candidate(victim: Victim, candidate: RTCIceCandidateInit): Promise<void>;
}

/** Page function: one end for the sender, one for the receiver, and what comes out of each goes into the other. */
function standBetween(): void {
  const heard: string[] = [];
  let ends: Record<Victim, RTCPeerConnection>;

  const control = (end: RTCPeerConnection) => end.createDataChannel('perkoon-control', { negotiated: true, id: 0 });

  function join(one: RTCDataChannel, other: RTCDataChannel): void {
    for (const [from, to] of [[one, other], [other, one]] as const) {
      const early: (string | ArrayBuffer)[] = [];
      from.binaryType = 'arraybuffer';
      const send = (data: string | ArrayBuffer) => to.send(data as string);
      to.addEventListener('open', () => early.splice(0).forEach(send));
      from.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
        if (typeof data === 'string') heard.push(data);
        if (to.readyState === 'open') send(data);
        else early.push(data);
      };
    }
  }

  async function gathered(end: RTCPeerConnection): Promise<string> {
    if (end.iceGatheringState !== 'complete') {
      await new Promise<void>((resolve) => {
        end.addEventListener('icegatheringstatechange', () => end.iceGatheringState === 'complete' && resolve());
      });
    }
    return end.localDescription!.sdp;
  }

  async function meet(sdp: string): Promise<{ answer: string; offer: string }> {
    const [sender, receiver] = [new RTCPeerConnection(), new RTCPeerConnection()];
    ends = { sender, receiver };
    join(control(sender), control(receiver));
    receiver.ondatachannel = ({ channel }) => join(channel, sender.createDataChannel(channel.label));
    await sender.setRemoteDescription({ type: 'offer', sdp });
    await sender.setLocalDescription();
    await receiver.setLocalDescription();
    return { answer: await gathered(sender), offer: await gathered(receiver) };
  }

  Object.assign(window, {
    heard,
    meet,
    answered: (sdp: string) => ends.receiver.setRemoteDescription({ type: 'answer', sdp }),
    candidate: (victim: Victim, candidate: RTCIceCandidateInit) => ends[victim].addIceCandidate(candidate),
  });
}
