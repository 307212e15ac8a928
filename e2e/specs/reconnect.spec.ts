// A connection that breaks in the middle of a transfer is replaced, and the transfer goes on where it was.

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { sha256OfDownload } from '../support/files';
import { expect, openPair, test } from '../support/fixtures';
import { waitForBytes, waitForStatus } from '../support/hooks';
import { Server } from '../support/server';

/** Page function: keeps the control channels, counts what goes onto lanes, and remembers the statuses the page went through. */
function watch() {
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

interface Seen {
  channels: RTCDataChannel[];
  bytes: number;
  statuses: string[];
}

function seen(page: Page): Promise<{ connections: number; bytes: number; statuses: string[] }> {
  return page.evaluate(() => {
    const { channels, bytes, statuses } = (window as unknown as { seen: Seen }).seen;
    return { connections: channels.length, bytes, statuses };
  });
}

function breakConnection(page: Page): Promise<void> {
  return page.evaluate(() => (window as unknown as { seen: Seen }).seen.channels.at(-1)!.close());
}

for (const mode of ['agent', 'agent-opfs', 'people'] as const) {
  test(`a connection that breaks twice, ${mode}`, async ({ contexts, openPair, large }) => {
    for (const context of contexts) await context.addInitScript(watch);
    const { sender, receiver } = await openPair(mode);
    await sender.add(large.path);
    await sender.offer();
    await receiver.accept();
    for (const part of [0.2, 0.5]) {
      await waitForBytes(receiver.page, large.size * part);
      await breakConnection(sender.page);
    }
    const [download] = await receiver.complete();
    expect(await sha256OfDownload(download!)).toBe(large.sha256);
    await waitForStatus(sender.page, ['complete']);
    const { connections, bytes, statuses } = await seen(sender.page);
    expect(connections).toBe(3);
    expect(statuses).toContain('reconnecting');
    expect((await seen(receiver.page)).statuses).toContain('reconnecting');
    const again = (bytes - large.size) / large.size;
    console.log(`${(again * 100).toFixed(1)} % of the bytes were sent again`);
    expect(again).toBeLessThan(0.1);
  });
}

test('a receiver that loads its page again is asked again, and gets everything', async ({ openPair, large }) => {
  const { sender, receiver } = await openPair('agent');
  await sender.add(large.path);
  await sender.offer();
  await receiver.accept();
  await waitForBytes(receiver.page, 1 << 20);
  await receiver.page.reload();
  await receiver.accept();
  const downloads = await receiver.complete();
  expect(await sha256OfDownload(downloads.at(-1)!)).toBe(large.sha256);
  await waitForStatus(sender.page, ['complete']);
});

test('who stays away is given up', async ({ openPair, large }) => {
  const { sender, receiver } = await openPair('agent');
  await sender.add(large.path);
  await sender.offer();
  await receiver.accept();
  await waitForBytes(receiver.page, 1 << 20);
  await receiver.page.close();
  await waitForStatus(sender.page, ['reconnecting']);
  expect((await waitForStatus(sender.page, ['error'])).error!.code).toBe('PEER_LEFT');
});

test('the server is started again in the middle, and the connection breaks after that', async ({ contexts, startServer, large, directory }) => {
  for (const context of contexts) await context.addInitScript(watch);
  const secret = ['--secret-file', path.join(directory, 'secret')];
  await mkdir(directory, { recursive: true });
  const server = await startServer(...secret);
  const { sender, receiver } = await openPair(contexts, server.url, 'agent');
  await sender.add(large.path);
  await sender.offer();
  await receiver.accept();
  await waitForBytes(receiver.page, large.size * 0.1);
  await server.kill();
  const again = await Server.listen(new URL(server.url).host, ...secret);
  try {
    const present = async () => ((await (await fetch(`${again.url}/api/v1/sessions/${sender.code}/status`)).json()) as { participants?: number }).participants;
    await expect.poll(present).toBe(2);
    await breakConnection(sender.page);
    const [download] = await receiver.complete();
    expect(await sha256OfDownload(download!)).toBe(large.sha256);
    expect((await seen(sender.page)).connections).toBe(2);
  } finally {
    await again.stop();
  }
});
