// Two devices in two networks: a link that goes and comes back, with the same address or another, costs time and next to no bytes.

import path from 'node:path';
import { type Browser, type BrowserContext, chromium } from '@playwright/test';
import { full, launchOptions } from '../support/browser';
import { MB, makeFile, sha256OfDownload } from '../support/files';
import { expect, openPair, test as base } from '../support/fixtures';
import { perkoon, waitForBytes, waitForStandstill, waitForStatus } from '../support/hooks';
import { Networks, type Network, canMakeNetworks } from '../support/networks';
import { Server } from '../support/server';
import { sentAgain, traffic, watchTraffic } from '../support/traffic';

interface Fixtures {
  /** Two networks with nothing running in them. */
  networks: Networks;
  /** A server between them. */
  server: Server;
  /** One browser in each. */
  devices: [BrowserContext, BrowserContext];
}

const test = base.extend<Fixtures>({
  networks: async ({}, use) => {
    const networks = await Networks.make();
    await use(networks);
    await networks.end();
  },
  server: async ({ networks }, use) => {
    const server = await Server.listenIn(networks.prefix, `${Networks.router}:8787`);
    await use(server);
    await server.stop();
  },
  devices: async ({ networks, server, directory, contextOptions, watch }, use) => {
    const browsers: Browser[] = [];
    const open = async (network: Network) => {
      const executablePath = await network.wrapper(path.join(directory, 'devices'), launchOptions.executablePath!);
      // Without a certificate a page of another host has neither storage nor service workers.
      const args = [...launchOptions.args!, `--unsafely-treat-insecure-origin-as-secure=${new URL(server.url).origin}`];
      const browser = await chromium.launch({ ...launchOptions, executablePath, args });
      browsers.push(browser);
      watch(browser);
      const context = await browser.newContext(contextOptions);
      await context.addInitScript(watchTraffic);
      return context;
    };
    try {
      await use([await open(networks.sender), await open(networks.receiver)]);
    } finally {
      await Promise.all(browsers.map((browser) => browser.close()));
    }
  },
});

test.skip(!canMakeNetworks(), 'this machine lets nobody make networks');

interface Cut {
  name: string;
  side: 'sender' | 'receiver';
  seconds: number;
  /** Whether the device has another address afterwards. */
  moves?: boolean;
}

const CUTS: Cut[] = [
  { name: 'for 5 s', side: 'receiver', seconds: 5 },
  { name: 'while the receiver changes its address', side: 'receiver', seconds: 5, moves: true },
  { name: 'while the sender changes its address', side: 'sender', seconds: 5, moves: true },
];
if (full) {
  CUTS.push(
    { name: 'for 40 s', side: 'receiver', seconds: 40 },
    { name: "at the sender's for 5 s", side: 'sender', seconds: 5 },
    { name: "at the sender's for 40 s", side: 'sender', seconds: 40 },
  );
}

for (const { name, side, seconds, moves = false } of CUTS) {
  test(`the link is cut ${name}`, async ({ networks, server, devices, directory }) => {
    test.setTimeout(240_000);
    const file = await makeFile(directory, 'cut.bin', 250 * MB);
    const { sender, receiver } = await openPair(devices, server.url, 'agent');
    await sender.add(file.path);
    await sender.offer();
    await receiver.accept();
    await waitForBytes(receiver.page, file.size * 0.1);
    const arrived = async () => (await perkoon(receiver.page)).transfer.bytesTransferred;
    await networks[side].cut();
    // The length of the cut is what is being tested.
    const over = sender.page.waitForTimeout(seconds * 1000);
    const before = await waitForStandstill(receiver.page);
    if (moves) await networks[side].changeAddress();
    if (moves || seconds > 10) for (const { page } of [sender, receiver]) await waitForStatus(page, ['reconnecting']);
    await over;
    expect(await arrived()).toBe(before);
    await networks[side].mend();
    const mended = Date.now();
    await waitForStatus(receiver.page, ['transferring'], 60_000);
    const back = ((Date.now() - mended) / 1000).toFixed(1);
    const [download] = await receiver.complete(120_000);
    expect(await sha256OfDownload(download!)).toBe(file.sha256);
    await waitForStatus(sender.page, ['complete']);
    const { bytes, connections } = await traffic(sender.page);
    console.log(`${connections} connections; back ${back} s after the cut`);
    expect(sentAgain(bytes, file.size)).toBeLessThan(0.05);
  });
}
