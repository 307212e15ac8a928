// The `perkoon` command through a relay: with pages that insist on one, and where there is no other path.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Page, chromium } from '@playwright/test';
import { launchOptions } from '../support/browser';
import { type Command, binary, expect, test } from '../support/command';
import { sha256OfFolder } from '../support/command_files';
import { Coturn, type Transport } from '../support/coturn';
import { makeFile } from '../support/files';
import { perkoon, waitForStatus } from '../support/hooks';
import { Networks, canMakeNetworks } from '../support/networks';
import { Receiver } from '../support/receiver';
import { Sender } from '../support/sender';
import { Server } from '../support/server';

const RELAY = { relay: true };
const TRANSPORTS: Transport[] = ['udp', 'tcp', 'tls'];
/** Well above what the messages of a transfer without bytes come to. */
const SIZE = 3_000_000;

/** The relay has taken each byte from one side or given it to the other, which may well reach it without a relay of its own. */
async function expectRelayed(coturn: Coturn): Promise<void> {
  await expect.poll(() => coturn.relayedBytes()).toBeGreaterThan(SIZE);
}

/** Both ends say that they need the relay. */
async function expectSaid(page: Page, command: Command): Promise<void> {
  await expect.poll(async () => (await perkoon(page)).session?.connection).toBe('relayed');
  expect(await command.event('webrtc_connected')).toMatchObject({ connection: 'relayed' });
}

for (const transport of TRANSPORTS) {
  test(`from a command to a page that insists on a relay, over ${transport}`, async ({ commandsAt, contextOptions, coturn, startWithRelay, directory, watch }) => {
    const { url } = await startWithRelay({ transport });
    const file = await makeFile(directory, 'parcel.bin', SIZE);
    const send = commandsAt(url).send([file.path], { environment: { SSL_CERT_FILE: coturn.certificate } });
    // The relay's certificate is of its own making.
    const browser = await chromium.launch({ ...launchOptions, args: [...launchOptions.args!, '--ignore-certificate-errors'] });
    watch(browser);
    try {
      const receiver = await Receiver.open(await browser.newContext(contextOptions), await send.shareUrl(), 'agent', RELAY);
      await expectSaid(receiver.page, send);
      await receiver.accept();
      expect(await receiver.saved()).toEqual(new Map([[file.name, file.sha256]]));
    } finally {
      await browser.close();
    }
    await send.complete();
    await expectRelayed(coturn);
  });
}

test('to a command from a page that insists on a relay', async ({ commandsAt, context, coturn, startWithRelay, directory }) => {
  const { url } = await startWithRelay();
  const file = await makeFile(directory, 'parcel.bin', SIZE);
  const sender = await Sender.open(context, url, RELAY);
  await sender.add(file.path);
  const receive = commandsAt(url).receive([sender.shareUrl, '--output', 'here']);
  await sender.offer();
  await receive.complete();
  expect(await sha256OfFolder(path.join(directory, 'here'))).toEqual(new Map([[file.name, file.sha256]]));
  await waitForStatus(sender.page, ['complete']);
  await sender.page.close();
  await expectRelayed(coturn);
});

test('a command is not relayed that need not be', async ({ commandsAt, coturn, startWithRelay, directory }) => {
  const { url } = await startWithRelay();
  const commands = commandsAt(url);
  const file = await makeFile(directory, 'parcel.bin', SIZE);
  const send = commands.send([file.path]);
  await commands.receive([await send.shareUrl(), '--output', 'here']).complete();
  await send.complete();
  await coturn.stop();
  expect(await coturn.relayedBytes()).toBeLessThan(SIZE / 10);
});

test.describe('where there is no other path', () => {
  const apart = test.extend<{ networks: Networks; relay: Coturn; serverAt: (transport: Transport) => Promise<Server> }>({
    networks: async ({}, use) => {
      test.skip(!canMakeNetworks(), 'this machine lets nobody make networks');
      const networks = await Networks.make();
      await networks.part();
      await use(networks);
      await networks.end();
    },
    relay: async ({ networks, directory }, use) => {
      const relay = await Coturn.start(path.join(directory, 'coturn'), { address: Networks.router, prefix: networks.prefix });
      await use(relay);
      await relay.stop();
    },
    serverAt: async ({ networks, relay, directory }, use) => {
      const servers: Server[] = [];
      await use(async (transport) => {
        const secret = path.join(directory, 'turn-secret');
        await writeFile(secret, `${relay.secret}\n`, { mode: 0o600 });
        const options = ['--turn', relay.url(transport), '--turn-secret-file', secret];
        servers.push(await Server.listenIn(networks.prefix, `${Networks.router}:8787`, ...options));
        return servers.at(-1)!;
      });
      await Promise.all(servers.map((server) => server.stop()));
    },
  });

  for (const transport of TRANSPORTS) {
    apart(`between commands, over ${transport}`, async ({ networks, relay, serverAt, commandsAt, directory }) => {
      const { url } = await serverAt(transport);
      const commands = commandsAt(url);
      const environment = { SSL_CERT_FILE: relay.certificate };
      const file = await makeFile(directory, 'parcel.bin', SIZE);
      const folder = path.join(directory, 'devices');
      const send = commands.send([file.path], { environment, program: await networks.sender.wrapper(folder, binary) });
      const link = await send.shareUrl();
      const receive = commands.receive([link, '--output', 'here'], { environment, program: await networks.receiver.wrapper(folder, binary) });
      await receive.complete();
      for (const command of [send, receive]) expect(await command.event('webrtc_connected')).toMatchObject({ connection: 'relayed' });
      expect(await sha256OfFolder(path.join(directory, 'here'))).toEqual(new Map([[file.name, file.sha256]]));
      await send.complete();
      await expectRelayed(relay);
    });
  }

  apart('from a command to a page', async ({ networks, relay, serverAt, commandsAt, contextOptions, watch, directory }) => {
    const { url } = await serverAt('udp');
    const file = await makeFile(directory, 'parcel.bin', SIZE);
    const folder = path.join(directory, 'devices');
    const send = commandsAt(url).send([file.path], { program: await networks.sender.wrapper(folder, binary) });
    const executablePath = await networks.receiver.wrapper(folder, launchOptions.executablePath!);
    // Without a certificate a page of another host has neither storage nor service workers.
    const args = [...launchOptions.args!, `--unsafely-treat-insecure-origin-as-secure=${new URL(url).origin}`];
    const browser = await chromium.launch({ ...launchOptions, executablePath, args });
    watch(browser);
    try {
      const receiver = await Receiver.open(await browser.newContext(contextOptions), await send.shareUrl());
      await expectSaid(receiver.page, send);
      await receiver.accept();
      expect(await receiver.saved()).toEqual(new Map([[file.name, file.sha256]]));
    } finally {
      await browser.close();
    }
    await send.complete();
    await expectRelayed(relay);
  });
});
