// Two devices in two networks, and what happens to networks: a transfer outlives it.

import { networkInterfaces } from 'node:os';
import { setTimeout as later } from 'node:timers/promises';
import type { BrowserContext } from '@playwright/test';
import { full } from '../support/browser';
import { type SeededFile, sha256OfDownload } from '../support/files';
import { type Pair, test as base, expect, openPair } from '../support/fixtures';
import { perkoon, waitForBytes, waitForStatus } from '../support/hooks';
import { Network } from '../support/networks';
import { Server } from '../support/server';
import { sentAgain, traffic, watchTraffic } from '../support/traffic';

interface Homes {
  readonly sender: Network;
  readonly receiver: Network;
  /** The pages there, in one session. */
  readonly pair: Pair;
}

const test = base.extend<{ homes: Homes }>({
  homes: async ({ directory, contextOptions }, use) => {
    const server = await Server.listen(`${ownAddress()}:0`);
    const networks: Network[] = [];
    try {
      for (const number of [1, 2]) networks.push(await Network.open(number, directory, server.url));
      const contexts = await Promise.all(networks.map(({ browser }) => browser.newContext(contextOptions)));
      for (const context of contexts) await context.addInitScript(watchTraffic);
      const pair = await openPair(contexts as [BrowserContext, BrowserContext], server.url, 'agent');
      await use({ sender: networks[0]!, receiver: networks[1]!, pair });
    } finally {
      for (const network of networks) await network.close();
      await server.stop();
    }
  },
});

/** This machine's address where it is not its own. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)!.address;
}

/** Has a part of the file sent, does something to the networks, and expects the rest to come by itself. */
async function expectToOutlive(pair: Pair, file: SeededFile, happening: () => Promise<void>): Promise<void> {
  const { sender, receiver } = pair;
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  await waitForBytes(receiver.page, file.size * 0.3);
  await happening();
  const [download] = await receiver.complete(150_000);
  expect(await sha256OfDownload(download!)).toBe(file.sha256);
  await waitForStatus(sender.page, ['complete'], 60_000);
  expect(sentAgain((await traffic(sender.page)).bytes, file.size)).toBeLessThan(0.05);
}

/** Cuts the link for so long, once what was under way has arrived: nothing comes through meanwhile. */
async function cutFor(network: Network, { receiver }: Pair, milliseconds: number, meanwhile?: () => Promise<void>): Promise<void> {
  const arrived = async () => (await perkoon(receiver.page)).transfer.bytesTransferred;
  await network.cut();
  await later(1_000);
  const before = await arrived();
  await meanwhile?.();
  await later(milliseconds - 1_000);
  expect(await arrived()).toBe(before);
  await network.mend();
}

test.skip(process.getuid!() !== 0, 'only root may make networks');

for (const side of full ? (['sender', 'receiver'] as const) : (['receiver'] as const)) {
  for (const seconds of [5, 40]) {
    test(`the ${side}'s link is cut for ${seconds} s`, async ({ homes, large }) => {
      test.setTimeout(300_000);
      const { pair } = homes;
      await expectToOutlive(pair, large, () => cutFor(homes[side], pair, seconds * 1000));
      // A short gap leaves nothing to mend.
      if (seconds > 30) for (const { page } of [pair.sender, pair.receiver]) expect((await traffic(page)).statuses).toContain('reconnecting');
    });
  }

  test(`the ${side}'s link is cut, and its address is another one afterwards`, async ({ homes, large }) => {
    test.setTimeout(300_000);
    await expectToOutlive(homes.pair, large, () => cutFor(homes[side], homes.pair, 3_000, () => homes[side].changeAddress()));
  });
}
