// A connection that breaks in the middle of a transfer is replaced, and the transfer goes on where it was.

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Page } from '@playwright/test';
import { sha256OfDownload } from '../support/files';
import { expect, openPair, test } from '../support/fixtures';
import { perkoon, waitForBytes, waitForStatus } from '../support/hooks';
import { Server } from '../support/server';
import { breakConnection, sentAgain, traffic, watchTraffic } from '../support/traffic';

for (const mode of ['agent', 'agent-opfs', 'people'] as const) {
  test(`a connection that breaks twice, ${mode}`, async ({ contexts, openPair, large }) => {
    for (const context of contexts) await context.addInitScript(watchTraffic);
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
    const { connections, bytes, statuses } = await traffic(sender.page);
    expect(connections).toBe(3);
    expect(statuses).toContain('reconnecting');
    expect((await traffic(receiver.page)).statuses).toContain('reconnecting');
    expect(sentAgain(bytes, large.size)).toBeLessThan(0.05);
  });
}

/** Page function: the page keeps what it has to say over its second connection to itself for three seconds. */
function speakLate(): void {
  const channels: RTCDataChannel[] = [];
  let kept: unknown[] | undefined;
  const { send } = RTCDataChannel.prototype as { send(this: RTCDataChannel, data: unknown): void };
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: string | Blob | ArrayBuffer | ArrayBufferView) {
    if (this.label === 'perkoon-control' && !channels.includes(this) && channels.push(this) === 2) {
      kept = [];
      setTimeout(() => {
        for (const data of kept!) send.call(this, data);
        kept = undefined;
      }, 3_000);
    }
    if (kept && this === channels[1]) kept.push(data);
    else send.call(this, data);
  };
}

test('a new connection is kept while the other side takes its time', async ({ contexts, openPair, medium }) => {
  await contexts[0].addInitScript(watchTraffic);
  await contexts[1].addInitScript(speakLate);
  const { sender, receiver } = await openPair('agent');
  await sender.add(medium.path);
  await sender.offer();
  await receiver.accept();
  await waitForBytes(receiver.page, medium.size * 0.3);
  await breakConnection(sender.page);
  const [download] = await receiver.complete();
  expect(await sha256OfDownload(download!)).toBe(medium.sha256);
  await waitForStatus(sender.page, ['complete']);
  expect((await traffic(sender.page)).connections).toBe(2);
});

for (const [side, other] of [['sender', 'receiver'], ['receiver', 'sender']] as const) {
  test(`what the ${side} has paused stays so over the next connection`, async ({ contexts, openPair, medium }) => {
    for (const context of contexts) await context.addInitScript(watchTraffic);
    const pair = await openPair('agent');
    await pair.sender.add(medium.path);
    await pair.sender.offer();
    await pair.receiver.accept();
    await waitForBytes(pair.receiver.page, medium.size * 0.1);
    await pair[side].page.getByTestId('transfer-pause').click();
    for (const { page } of [pair.sender, pair.receiver]) await waitForStatus(page, ['paused']);
    await breakConnection(pair.sender.page);
    for (const { page } of [pair.sender, pair.receiver]) {
      await expect.poll(async () => (await traffic(page)).statuses.slice(-2)).toEqual(['reconnecting', 'paused']);
      const words = page === pair[side].page ? 'Nothing moves until you resume.' : 'The other device paused the transfer.';
      await expect(page.getByText(words)).toBeVisible();
    }
    await pair[side].page.getByTestId('transfer-resume').click();
    await waitForStatus(pair[other].page, ['transferring', 'complete']);
    const [download] = await pair.receiver.complete();
    expect(await sha256OfDownload(download!)).toBe(medium.sha256);
  });

  test(`a ${side} that falls silent is given up`, async ({ processes, url, medium }) => {
    const [stays, goes] = side === 'sender' ? [processes[1], processes[0]] : processes;
    await stays.clock.install();
    const pair = await openPair(processes, url, 'agent');
    await pair.sender.add(medium.path);
    await pair.sender.offer();
    await pair.receiver.accept();
    await waitForBytes(pair.receiver.page, 1 << 20);
    const { page } = pair[other];
    const wake = await suspend(goes.browser()!);
    try {
      await waitForStatus(page, ['reconnecting']);
      await page.clock.fastForward('01:30');
      expect((await perkoon(page)).transfer.status, 'it may yet come back').toBe('reconnecting');
      await page.clock.fastForward('00:40');
      expect((await waitForStatus(page, ['error'])).error!.code).toBe('PEER_LEFT');
      // A browser that is suspended says nothing of its downloads.
      if (side === 'sender') await pair.receiver.expectNothingSaved();
    } finally {
      wake();
    }
  });
}

/** Stops the pages of a browser, as a device does that loses its power; the answer has them go on. */
async function suspend(browser: Browser): Promise<() => void> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const signal = (name: 'SIGSTOP' | 'SIGCONT') => processInfo.filter(({ type }) => type === 'renderer').forEach(({ id }) => process.kill(id, name));
  signal('SIGSTOP');
  return () => signal('SIGCONT');
}

test('a receiver that loads its page again is asked again, and gets everything', async ({ openPair, medium }) => {
  const { sender, receiver } = await openPair('agent');
  await sender.add(medium.path);
  await sender.offer();
  await receiver.accept();
  await waitForBytes(receiver.page, 1 << 20);
  await receiver.page.reload();
  await receiver.accept();
  const downloads = await receiver.complete();
  expect(await sha256OfDownload(downloads.at(-1)!)).toBe(medium.sha256);
  await waitForStatus(sender.page, ['complete']);
});

test('who stays away is given up', async ({ openPair, medium }) => {
  const { sender, receiver } = await openPair('agent');
  await sender.add(medium.path);
  await sender.offer();
  await receiver.accept();
  await waitForBytes(receiver.page, 1 << 20);
  await receiver.page.close();
  await waitForStatus(sender.page, ['reconnecting']);
  expect((await waitForStatus(sender.page, ['error'])).error!.code).toBe('PEER_LEFT');
});

test('the server is started again in the middle, and the connection breaks after that', async ({ contexts, startServer, large, directory }) => {
  for (const context of contexts) await context.addInitScript(watchTraffic);
  const secret = ['--secret-file', path.join(directory, 'secret')];
  await mkdir(directory, { recursive: true });
  const server = await startServer(...secret);
  const { sender, receiver } = await openPair(contexts, server.url, 'agent');
  await sender.add(large.path);
  await sender.offer();
  await receiver.accept();
  await waitForBytes(receiver.page, large.size * 0.1);
  const said = reports(receiver.page);
  await server.kill();
  const again = await Server.listen(new URL(server.url).host, ...secret);
  try {
    const present = async () => ((await (await fetch(`${again.url}/api/v1/sessions/${sender.code}/status`)).json()) as { participants?: number }).participants;
    await expect.poll(present).toBe(2);
    // Whoever comes now must not get its seat.
    await expect.poll(() => said).toContain('accepted');
    await breakConnection(sender.page);
    const [download] = await receiver.complete();
    expect(await sha256OfDownload(download!)).toBe(large.sha256);
    expect((await traffic(sender.page)).connections).toBe(2);
  } finally {
    await again.stop();
  }
});

/** What a page reports over the sockets that it opens from now on. */
function reports(page: Page): string[] {
  const said: string[] = [];
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      const { type, state } = JSON.parse(String(payload)) as { type: string; state?: string };
      if (type === 'report') said.push(state!);
    }),
  );
  return said;
}
