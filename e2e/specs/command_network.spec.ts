// The `perkoon` command and a page on two devices: a link that goes and comes back costs time and next to no bytes.

import path from 'node:path';
import { type BrowserContext, chromium } from '@playwright/test';
import { launchOptions } from '../support/browser';
import { type Commands, binary, expect, test as base } from '../support/command';
import { sha256OfFolder } from '../support/command_files';
import { MB, makeFile } from '../support/files';
import { perkoon, waitForBytes, waitForStandstill, waitForStatus } from '../support/hooks';
import { type Network, Networks, canMakeNetworks } from '../support/networks';
import { Receiver } from '../support/receiver';
import { Sender } from '../support/sender';
import { Server } from '../support/server';
import { sentAgain, traffic, watchTraffic } from '../support/traffic';

const SECONDS = 6;

interface Fixtures {
  networks: Networks;
  server: Server;
  /** Commands of the server between the networks. */
  remote: Commands;
  /** Starts a browser on a device. */
  browserOn: (network: Network) => Promise<BrowserContext>;
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
  remote: async ({ server, commandsAt }, use) => use(commandsAt(server.url)),
  browserOn: async ({ server, directory, contextOptions, watch }, use) => {
    const opened: BrowserContext[] = [];
    await use(async (network) => {
      const executablePath = await network.wrapper(path.join(directory, 'devices'), launchOptions.executablePath!);
      // Without a certificate a page of another host has neither storage nor service workers.
      const args = [...launchOptions.args!, `--unsafely-treat-insecure-origin-as-secure=${new URL(server.url).origin}`];
      const browser = await chromium.launch({ ...launchOptions, executablePath, args });
      watch(browser);
      const context = await browser.newContext(contextOptions);
      opened.push(context);
      await context.addInitScript(watchTraffic);
      return context;
    });
    await Promise.all(opened.map((context) => context.browser()!.close()));
  },
});

test.skip(!canMakeNetworks(), 'this machine lets nobody make networks');

/** Nothing passes for some seconds; the length of the cut is what is being tested. */
async function cutFor(network: Network, { page }: Sender | Receiver): Promise<void> {
  await network.cut();
  const over = page.waitForTimeout(SECONDS * 1000);
  const before = await waitForStandstill(page);
  await over;
  expect((await perkoon(page)).transfer.bytesTransferred).toBe(before);
  await network.mend();
}

test(`the link is cut for ${SECONDS} s while a page sends to a command`, async ({ networks, server, remote, browserOn, directory }) => {
  const file = await makeFile(directory, 'cut.bin', 200 * MB);
  const sender = await Sender.open(await browserOn(networks.sender), server.url);
  await sender.add(file.path);
  const program = await networks.receiver.wrapper(path.join(directory, 'devices'), binary);
  const receive = remote.receive([sender.shareUrl, '--output', 'here'], { program });
  await sender.offer();
  await receive.progressed(10);
  await cutFor(networks.receiver, sender);
  await receive.complete();
  expect(await sha256OfFolder(path.join(directory, 'here'))).toEqual(new Map([[file.name, file.sha256]]));
  await waitForStatus(sender.page, ['complete']);
  expect(sentAgain((await traffic(sender.page)).bytes, file.size)).toBeLessThan(0.05);
});

test(`the link is cut for ${SECONDS} s while a command sends to a page`, async ({ networks, remote, browserOn, directory }) => {
  const file = await makeFile(directory, 'cut.bin', 60 * MB);
  const program = await networks.sender.wrapper(path.join(directory, 'devices'), binary);
  const send = remote.send([file.path], { program });
  const receiver = await Receiver.open(await browserOn(networks.receiver), await send.shareUrl());
  await receiver.accept();
  await waitForBytes(receiver.page, file.size * 0.1);
  await cutFor(networks.sender, receiver);
  expect(await receiver.saved(90_000)).toEqual(new Map([[file.name, file.sha256]]));
  await send.complete();
});
