import { type Socket, createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Page } from 'puppeteer-core';
import type { Pair } from './fixtures';

type Side = keyof Pair;

interface Address {
  readonly address: string;
  readonly port: number;
}

/** Bytes that wait at most; what comes then is dropped, as a router does. */
const QUEUE_BYTES = 64 * 1024;

/** How far the path catches up, in milliseconds, when this process was kept from carrying what came: on a busy machine it carries no less. */
const CATCH_UP_MS = 250;

/** A path between two pages that carries so many bytes a second and no more: each page is told that the other is at this path's end. */
export class SlowLink {
  /** Where each page really is. */
  private readonly pages: Partial<Record<Side, Address>> = {};
  private readonly freeAt: Record<Side, number> = { sender: 0, receiver: 0 };
  private closed = false;

  private constructor(
    private readonly ends: Record<Side, Socket>,
    private readonly bytesPerSecond: number,
  ) {
    ends.sender.on('message', (packet) => this.carry(packet, 'receiver'));
    ends.receiver.on('message', (packet) => this.carry(packet, 'sender'));
  }

  static async open(bytesPerSecond: number): Promise<SlowLink> {
    const [sender, receiver] = [createSocket('udp4'), createSocket('udp4')];
    await Promise.all([sender, receiver].map((socket) => once(socket.bind(0), 'listening')));
    return new SlowLink({ sender, receiver }, bytesPerSecond);
  }

  /** Has the page, before it opens anything, reach the other one over this path only. */
  async lead(page: Page, side: Side): Promise<void> {
    const other = side === 'sender' ? 'receiver' : 'sender';
    await page.exposeFunction('peerIsAt', (address: string, port: number) => void (this.pages[other] = { address, port }));
    await page.evaluateOnNewDocument(redirect, this.ends[side].address().port);
  }

  close(): void {
    this.closed = true;
    Object.values(this.ends).forEach((socket) => socket.close());
  }

  private carry(packet: Buffer, to: Side): void {
    const now = performance.now();
    const free = Math.max(this.freeAt[to], now - CATCH_UP_MS);
    const wait = Math.max(0, free - now);
    if (wait > (QUEUE_BYTES / this.bytesPerSecond) * 1000) return;
    this.freeAt[to] = free + (packet.length / this.bytesPerSecond) * 1000;
    setTimeout(() => this.deliver(packet, to), wait);
  }

  private deliver(packet: Buffer, to: Side): void {
    const page = this.pages[to];
    if (page && !this.closed) this.ends[to].send(packet, page.port, page.address);
  }
}

/** Page function: the peer's candidates lead to `port`; those that are no plain UDP address lead nowhere. */
function redirect(port: number): void {
  const { addIceCandidate } = RTCPeerConnection.prototype;
  const { peerIsAt } = window as unknown as { peerIsAt: (address: string, port: number) => Promise<void> };
  RTCPeerConnection.prototype.addIceCandidate = async function (this: RTCPeerConnection, candidate?: RTCIceCandidateInit | null) {
    const found = /^(candidate:\S+ 1 udp \d+) (\d+\.\d+\.\d+\.\d+) (\d+) (typ host.*)$/i.exec(candidate?.candidate ?? '');
    if (!found) return;
    const [, start, address, realPort, rest] = found;
    await peerIsAt(address!, Number(realPort));
    await Reflect.apply(addIceCandidate, this, [{ ...candidate, candidate: `${start} ${address} ${port} ${rest}` }]);
  };
}
