// Firefox with itself and with Chromium, either way round: every way of saving, and a transfer that takes minutes.

import { full } from '../../support/browser';
import { MB, type SeededFile, makeFile } from '../../support/files';
import { type Pair, type Route, expect, test } from '../../support/puppeteer/fixtures';
import { Receiver, Sender } from '../../support/puppeteer/party';
import { SlowLink } from '../../support/puppeteer/slow_link';

const ROUTES: Route[] = [
  { from: 'chromium', to: 'firefox' },
  { from: 'firefox', to: 'chromium' },
  { from: 'firefox', to: 'firefox' },
];
const METHODS = { people: 'opfs', agent: 'sw-download', 'agent-opfs': 'opfs' } as const;
/** A little less than 100 MB in five minutes. */
const SLOW_BYTES_PER_SECOND = 320_000;

async function expectDelivered({ sender, receiver }: Pair, file: SeededFile, method: string, timeout: number) {
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  expect(await receiver.saved(1, timeout)).toEqual(new Map([[file.name, file.sha256]]));
  await sender.waitForStatus(['complete']);
  const [sent, received] = [await sender.perkoon(), await receiver.perkoon()];
  expect(received.files[0]).toMatchObject({ size: file.size, status: 'complete', method, blake3: sent.files[0]!.blake3 });
  for (const { transfer } of [sent, received]) {
    expect(transfer).toMatchObject({ percent: 100, bytesTransferred: file.size, totalBytes: file.size, error: null });
  }
  return received.transfer;
}

for (const route of ROUTES) {
  for (const mode of route.to === 'firefox' ? (['agent', 'people', 'agent-opfs'] as const) : (['agent'] as const)) {
    test(`100 MB from ${route.from} to ${route.to}, ${mode}`, async ({ openPair, directory }) => {
      test.setTimeout(120_000);
      const file = await makeFile(directory, 'hundred.bin', 100 * MB);
      await expectDelivered(await openPair(route, mode), file, METHODS[mode], 100_000);
    });
  }
}

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
