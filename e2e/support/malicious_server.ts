import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext, Page } from '@playwright/test';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
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
    return new MaliciousServer(url, server, page);
  }

  /** Every control text that it has passed on, and so has read. */
  heard(): Promise<string[]> {
    return this.page.evaluate(() => (window as unknown as Between).heard);
  }

  async stop(): Promise<void> {
    await this.page.close();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** Passes on what is said on one victim's socket, but for descriptions and candidates. */
function intercept(victim: WebSocket, upstream: WebSocket, page: Page): void {
  const open = once(upstream, 'open');
  // One after the other: an offer is dealt with before the candidates that belong to it.
  let turn: Promise<unknown> = open;
  victim.on('message', (data) => {
    turn = turn.then(() => fromVictim(read(data), victim, upstream, page)).catch(() => victim.close());
  });
  upstream.on('message', (data) => victim.send(String(data)));
  victim.on('close', () => upstream.close());
  upstream.on('close', () => victim.close());
  for (const socket of [victim, upstream]) socket.on('error', () => socket.terminate());
}

function read(data: RawData): Message {
  return JSON.parse(String(data)) as Message;
}

async function fromVictim(message: Message, victim: WebSocket, upstream: WebSocket, page: Page): Promise<void> {
  const { signal, to } = message;
  if (message.type !== 'signal' || !signal) return upstream.send(JSON.stringify(message));
  const { kind, connection } = signal;
  if (kind === 'offer') {
    const forged = await page.evaluate((sdp) => (window as unknown as Between).meet(sdp), signal.sdp!);
    victim.send(JSON.stringify({ type: 'signal', from: to, signal: { kind: 'answer', connection, sdp: forged.answer } }));
    upstream.send(JSON.stringify({ type: 'signal', to, signal: { kind: 'offer', connection, sdp: forged.offer } }));
    roles.set(victim, 'sender');
  } else if (kind === 'answer') {
    roles.set(victim, 'receiver');
    await page.evaluate((sdp) => (window as unknown as Between).answered(sdp), signal.sdp!);
  } else {
    const candidate = { candidate: signal.candidate, sdpMid: signal.sdp_mid, sdpMLineIndex: signal.sdp_m_line_index };
    await page.evaluate(([victim, candidate]) => (window as unknown as Between).candidate(victim, candidate), [roles.get(victim) ?? 'sender', candidate] as const);
  }
}

const roles = new WeakMap<WebSocket, Victim>();

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
