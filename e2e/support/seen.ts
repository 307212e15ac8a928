import type { Page } from '@playwright/test';

interface Seen {
  channels: RTCDataChannel[];
  bytes: number;
  statuses: string[];
}

/** Page function: keeps the control channels, counts what goes onto lanes, and remembers the statuses the page went through. */
export function watch(): void {
  const seen = { channels: [] as RTCDataChannel[], bytes: 0, statuses: [] as string[] };
  Object.assign(window, { seen });
  const { createDataChannel } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.createDataChannel = function (this: RTCPeerConnection, ...options) {
    const channel = createDataChannel.apply(this, options);
    if (channel.label === 'perkoon-control') seen.channels.push(channel);
    return channel;
  };
  const { send } = RTCDataChannel.prototype as { send(this: RTCDataChannel, data: unknown): void };
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: string | Blob | ArrayBuffer | ArrayBufferView) {
    if (typeof data !== 'string') seen.bytes += (data as ArrayBufferView).byteLength;
    send.call(this, data);
  };
  setInterval(() => {
    // A page has no object before its first script has run.
    const status = window.__perkoon?.transfer.status;
    if (status && seen.statuses.at(-1) !== status) seen.statuses.push(status);
  }, 10);
}

/** What a page that was watched has seen. */
export function seen(page: Page): Promise<{ connections: number; bytes: number; statuses: string[] }> {
  return page.evaluate(() => {
    const { channels, bytes, statuses } = (window as unknown as { seen: Seen }).seen;
    return { connections: channels.length, bytes, statuses };
  });
}

/** Breaks the connection that a watched page has. */
export function breakConnection(page: Page): Promise<void> {
  return page.evaluate(() => (window as unknown as { seen: Seen }).seen.channels.at(-1)!.close());
}
