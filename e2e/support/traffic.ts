// What goes over a page's peer connections, and what the page says of it meanwhile.

import type { Page } from '@playwright/test';

interface Traffic {
  channels: RTCDataChannel[];
  bytes: number;
  statuses: string[];
}

type Watched = Window & { traffic: Traffic };

/** Page function, for before the page's own scripts: keeps the control channels, counts what goes onto lanes, over reloads too, and
 *  remembers the statuses. */
export function watchTraffic(): void {
  // Neither frames nor empty pages.
  if (window !== top || origin === 'null') return;
  const traffic: Traffic = { channels: [], bytes: Number(sessionStorage.getItem('traffic')), statuses: [] };
  Object.assign(window, { traffic });
  addEventListener('pagehide', () => sessionStorage.setItem('traffic', String(traffic.bytes)));
  const { createDataChannel } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.createDataChannel = function (this: RTCPeerConnection, ...options) {
    const channel = createDataChannel.apply(this, options);
    if (channel.label === 'perkoon-control') traffic.channels.push(channel);
    return channel;
  };
  const { send } = RTCDataChannel.prototype as { send(this: RTCDataChannel, data: unknown): void };
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: string | Blob | ArrayBuffer | ArrayBufferView) {
    if (typeof data !== 'string') traffic.bytes += (data as ArrayBufferView).byteLength;
    send.call(this, data);
  };
  setInterval(() => {
    // A page has no object before its first script has run.
    const status = window.__perkoon?.transfer.status;
    if (status && traffic.statuses.at(-1) !== status) traffic.statuses.push(status);
  }, 10);
}

/** What a watched page has seen so far; `bytes` are those it has sent on lanes. */
export function traffic(page: Page): Promise<{ connections: number; bytes: number; statuses: string[] }> {
  return page.evaluate(() => {
    const { channels, bytes, statuses } = (window as unknown as Watched).traffic;
    return { connections: channels.length, bytes, statuses };
  });
}

/** Closes a watched page's control channel, which ends the connection. */
export function breakConnection(page: Page): Promise<void> {
  return page.evaluate(() => (window as unknown as Watched).traffic.channels.at(-1)!.close());
}

/** The share of `size` that was sent more than once, printed. */
export function sentAgain(sent: number, size: number): number {
  const again = (sent - size) / size;
  console.log(`${(again * 100).toFixed(1)} % of the bytes were sent again`);
  return again;
}
