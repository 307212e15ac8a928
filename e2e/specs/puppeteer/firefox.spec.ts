// Firefox with itself and with Chromium, either way round: every way of saving, and a transfer that takes minutes.

import { full } from '../../support/browser';
import { MB, type SeededFile, makeFile } from '../../support/files';
import { type Pair, type Route, expect, test } from '../../support/puppeteer/fixtures';
import { type Preferences } from '../../support/puppeteer/launch';
import { Receiver, Sender } from '../../support/puppeteer/party';
import type { Mode } from '../../support/receiver';
import { SlowLink } from '../../support/puppeteer/slow_link';

const ROUTES: Route[] = [
  { from: 'chromium', to: 'firefox' },
  { from: 'firefox', to: 'chromium' },
  { from: 'firefox', to: 'firefox' },
];
const METHODS = { people: 'opfs', agent: 'sw-download' } as const;
/** How Chromium keeps what it receives is tested elsewhere. */
const MODES = { chromium: ['agent'], firefox: ['agent', 'people'] } as const;
/** Of a file that goes every way there is. */
const MEGABYTES = full ? 100 : 30;

/** A little less than 100 MB in five minutes. */
const SLOW_BYTES_PER_SECOND = 320_000;

async function expectDelivered({ sender, receiver }: Pair, file: SeededFile, method: string, timeout: number) {
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  if (method === 'memory-buffer') {
    // Without a service worker the page cannot see when the browser begins.
    await receiver.waitForStatus(['complete'], timeout);
    await expect.poll(() => receiver.downloads.begun).toHaveLength(1);
  }
  expect(await receiver.saved(1, timeout)).toEqual(new Map([[file.name, file.sha256]]));
  await sender.waitForStatus(['complete']);
  const [sent, received] = [await sender.perkoon(), await receiver.perkoon()];
  expect(received.files[0]).toMatchObject({ size: file.size, status: 'complete', method, blake3: sent.files[0]!.blake3 });
  for (const { transfer } of [sent, received]) {
    expect(transfer).toMatchObject({ percent: 100, bytesTransferred: file.size, totalBytes: file.size, error: null });
  }
  return received.transfer;
}

/** Runs in a page, before its scripts. */
function heedRelaysOnceConnected(): void {
  const add = RTCPeerConnection.prototype.addIceCandidate as (candidate?: RTCIceCandidateInit | null) => Promise<void>;
  RTCPeerConnection.prototype.addIceCandidate = async function (candidate?: RTCIceCandidateInit | null) {
    if (candidate?.candidate?.includes(' typ relay')) {
      const connected = () => ['connected', 'completed'].includes(this.iceConnectionState);
      await new Promise<void>((resolve) => {
        const look = () => connected() && resolve();
        this.addEventListener('iceconnectionstatechange', look);
        look();
      });
    }
    await add.call(this, candidate);
  };
}

for (const route of ROUTES) {
  for (const mode of MODES[route.to]) {
    test(`${MEGABYTES} MB from ${route.from} to ${route.to}, ${mode}`, async ({ openPair, directory }) => {
      test.setTimeout(120_000);
      const file = await makeFile(directory, 'file.bin', MEGABYTES * MB);
      await expectDelivered(await openPair(route, mode), file, METHODS[mode], 100_000);
    });
  }
}

for (const early of [false, true]) {
  test(`from Firefox to Firefox through a relay${early ? ' whose packets come before word of it' : ''}`, async ({ openTab, startWithRelay, directory }) => {
    const { url } = await startWithRelay();
    const sender = await Sender.open((await openTab('firefox', 'sender')).page, url, 'agent', { relay: true });
    const { page, downloads } = await openTab('firefox', 'receiver');
    if (early) await page.evaluateOnNewDocument(heedRelaysOnceConnected);
    const receiver = await Receiver.open(page, downloads, await sender.shareUrl(), 'agent');
    await sender.waitForReceiver();
    await expectDelivered({ sender, receiver }, await makeFile(directory, 'parcel.bin', 3 * MB), 'sw-download', 60_000);
    // A page looks again every two seconds.
    for (const side of [sender, receiver]) await side.page.waitForFunction(() => window.__perkoon.session?.connection === 'relayed');
  });
}

// A browser that quits takes what its service worker has given for the whole file, unless the page has told the worker in time.
test('Firefox quits while it receives', async ({ openSender, openTab, large }) => {
  const sender = await openSender('firefox');
  const { page, downloads } = await openTab('firefox', 'to be quit');
  const receiver = await Receiver.open(page, downloads, await sender.shareUrl(), 'agent');
  await sender.add(large.path);
  await sender.offer();
  await receiver.accept();
  await receiver.waitForBytes(1 << 20);
  await page.browser().close();
  await downloads.expectNothingFinished();
  // What a Firefox that is quitting still hands to its page can be broken (measured: in some of the runs). The page notices, and says so.
  expect(['PEER_LEFT', 'INTEGRITY_MISMATCH', 'PROTOCOL_ERROR']).toContain((await sender.waitForStatus(['error'])).error!.code);
});

// Down the ladder: private windows have no private file system, and some have no service workers.
const PRIVATE = { 'browser.privatebrowsing.autostart': true };
const LADDER: [string, Preferences, Mode, string][] = [
  ['private windows', PRIVATE, 'agent', 'sw-download'],
  ['private windows', PRIVATE, 'people', 'sw-download'],
  ['private windows without service workers', { ...PRIVATE, 'dom.serviceWorkers.enabled': false }, 'agent', 'memory-buffer'],
  ['private windows without service workers', { ...PRIVATE, 'dom.serviceWorkers.enabled': false }, 'people', 'memory-buffer'],
];

for (const [label, preferences, mode, method] of LADDER) {
  test(`Firefox with ${label}, ${mode}`, async ({ openSender, openTab, directory }) => {
    const sender = await openSender('firefox', mode);
    const { page, downloads } = await openTab('firefox', label, preferences);
    const receiver = await Receiver.open(page, downloads, await sender.shareUrl(), mode);
    await sender.waitForReceiver();
    const file = await makeFile(directory, 'small.bin', 5 * MB);
    await expectDelivered({ sender, receiver }, file, method, 60_000);
  });
}

test('Firefox has no private files that a script asks for', async ({ openSender, openTab, directory }) => {
  const sender = await openSender('firefox');
  const { page, downloads } = await openTab('firefox', 'private windows', PRIVATE);
  const receiver = await Receiver.open(page, downloads, await sender.shareUrl(), 'agent-opfs');
  await sender.add((await makeFile(directory, 'small.bin', 5 * MB)).path);
  await sender.offer();
  await receiver.accept();
  for (const side of [sender, receiver]) {
    expect((await side.waitForStatus(['error'])).error!.code).toBe('INSUFFICIENT_STORAGE');
  }
  expect(downloads.begun).toEqual([]);
});

// Browsers end a service worker that seems idle, Firefox after 30 s; a download through one must outlive that by far.
if (full) {
  test('100 MB for more than five minutes, over a slow path', async ({ openTab, url, directory }) => {
    test.setTimeout(900_000);
    const file = await makeFile(directory, 'slow.bin', 100 * MB);
    const transfers = ROUTES.map(async (route) => {
      const link = await SlowLink.open(SLOW_BYTES_PER_SECOND);
      try {
        // Processes of their own: a tab behind another one is not what is tested here.
        const from = await openTab(route.from, `slow sender to ${route.to}`);
        const to = await openTab(route.to, `slow receiver from ${route.from}`);
        await link.lead(from.page, 'sender');
        await link.lead(to.page, 'receiver');
        const sender = await Sender.open(from.page, url, 'agent');
        const receiver = await Receiver.open(to.page, to.downloads, await sender.shareUrl(), 'agent');
        return await expectDelivered({ sender, receiver }, file, METHODS.agent, 600_000);
      } finally {
        link.close();
      }
    });
    for (const { durationMs } of await Promise.all(transfers)) expect(durationMs).toBeGreaterThan(300_000);
  });
}
