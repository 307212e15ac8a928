// Through a relay: coturn, with credentials that the server makes and coturn checks.

import { type Page, chromium } from '@playwright/test';
import { launchOptions } from '../support/browser';
import { type Coturn, type TurnCredentials, newSecret } from '../support/coturn';
import { expectError } from '../support/errors';
import { makeFile } from '../support/files';
import { expect, test } from '../support/fixtures';
import { perkoon, waitForParticipants, waitForStatus } from '../support/hooks';
import { look } from '../support/look';
import { Receiver } from '../support/receiver';
import { Sender } from '../support/sender';
import { type CreatedSession, createSession } from '../support/sessions';

const RELAY = { relay: true };
/** Well above what the messages of a transfer without bytes come to. */
const SIZE = 3_000_000;

async function expectDelivered(sender: Sender, receiver: Receiver, directory: string): Promise<void> {
  const file = await makeFile(directory, 'parcel.bin', SIZE);
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  expect(await receiver.saved()).toEqual(new Map([[file.name, file.sha256]]));
  await waitForStatus(sender.page, ['complete']);
}

/** The page says how it is connected, in its badge and to scripts. */
async function expectConnection(page: Page, connection: 'direct' | 'relayed'): Promise<void> {
  await expect(page.locator('.path-mark')).toHaveText(connection);
  expect((await perkoon(page)).session!.connection).toBe(connection);
}

/** The relay has taken each byte of the file from one side and given it to the other. */
async function expectRelayed(coturn: Coturn): Promise<void> {
  await expect.poll(() => coturn.relayedBytes()).toBeGreaterThan(2 * SIZE);
}

/** TURN credentials as someone who joins gets them. */
async function join({ session_code, sender_key }: CreatedSession, url: string): Promise<TurnCredentials> {
  const body = JSON.stringify({ role: 'sender', sender_key });
  const answer = await fetch(`${url}/api/v1/sessions/${session_code}/join`, { method: 'POST', body });
  const { ice_servers } = (await answer.json()) as { ice_servers: TurnCredentials[] };
  expect(ice_servers).toHaveLength(1);
  return ice_servers[0]!;
}

async function waitUntilExpired({ username }: TurnCredentials): Promise<void> {
  const expiry = Number(username.split(':')[0]) * 1000;
  await expect.poll(() => Date.now(), { timeout: 20_000 }).toBeGreaterThan(expiry + 1000);
}

for (const transport of ['udp', 'tcp'] as const) {
  test(`both sides through the relay, over ${transport}`, async ({ contexts, coturn, startWithRelay, directory }) => {
    const { url } = await startWithRelay({ transport });
    const sender = await Sender.open(contexts[0], url, RELAY);
    const receiver = await Receiver.open(contexts[1], sender.shareUrl, 'people', RELAY);
    await waitForParticipants(sender.page, 2);
    for (const { page } of [sender, receiver]) {
      await expectConnection(page, 'relayed');
      await look(page, `relayed-${transport}-${page === sender.page ? 'sender' : 'receiver'}`);
      expect(page.url()).toBe(sender.shareUrl);
    }
    await expectDelivered(sender, receiver, directory);
    for (const { page } of [sender, receiver]) await expectConnection(page, 'relayed');
    for (const { page } of [sender, receiver]) await page.close();
    await expectRelayed(coturn);
  });
}

test('over TLS', async ({ contextOptions, coturn, startWithRelay, directory, watch }) => {
  const { url } = await startWithRelay({ transport: 'tls' });
  // The relay's certificate is of its own making.
  const browser = await chromium.launch({ ...launchOptions, args: [...launchOptions.args!, '--ignore-certificate-errors'] });
  watch(browser);
  try {
    const sender = await Sender.open(await browser.newContext(contextOptions), url, RELAY);
    const receiver = await Receiver.open(await browser.newContext(contextOptions), sender.shareUrl, 'agent', RELAY);
    await expectDelivered(sender, receiver, directory);
    for (const { page } of [sender, receiver]) await expectConnection(page, 'relayed');
  } finally {
    await browser.close();
  }
  await expectRelayed(coturn);
});

test('one side that insists is enough, and a reload does not forget it', async ({ contexts, startWithRelay, directory }) => {
  const { url } = await startWithRelay();
  const sender = await Sender.open(contexts[0], url);
  const receiver = await Receiver.open(contexts[1], sender.shareUrl, 'agent', RELAY);
  await expectConnection(sender.page, 'relayed');
  await receiver.page.reload();
  await expectDelivered(sender, receiver, directory);
  for (const { page } of [sender, receiver]) await expectConnection(page, 'relayed');
});

test('nobody is relayed who need not be', async ({ contexts, coturn, startWithRelay, directory }) => {
  const { url } = await startWithRelay();
  const sender = await Sender.open(contexts[0], url);
  const receiver = await Receiver.open(contexts[1], sender.shareUrl);
  await expectDelivered(sender, receiver, directory);
  for (const { page } of [sender, receiver]) await expectConnection(page, 'direct');
  for (const { page } of [sender, receiver]) await page.close();
  await coturn.stop();
  expect(await coturn.relayedBytes()).toBeLessThan(SIZE / 10);
});

test('credentials are good until they expire', async ({ coturn, request, startWithRelay }) => {
  const { url } = await startWithRelay({ ttl: 3 });
  const credentials = await join(await createSession(request, url), url);
  expect(await coturn.admits(credentials)).toBe(true);
  await waitUntilExpired(credentials);
  expect(await coturn.admits(credentials)).toBe(false);
  expect(await coturn.log()).toContain('error 401: Unauthorized');
});

test('a page whose credentials have expired says what to do', async ({ contexts, coturn, startWithRelay, directory }) => {
  const { url } = await startWithRelay({ ttl: 1 });
  const answer = contexts[0].waitForEvent('response', (response) => response.url().endsWith('/join'));
  const sender = await Sender.open(contexts[0], url, RELAY);
  const { ice_servers } = (await (await answer).json()) as { ice_servers: TurnCredentials[] };
  await sender.add((await makeFile(directory, 'late.bin', 1000)).path);
  await waitUntilExpired(ice_servers[0]!);
  await Receiver.open(contexts[1], sender.shareUrl);
  await expectError(sender.page, 'CONNECTION_FAILED');
  await expect(sender.page.getByTestId('error-message')).toContainText('The relay did not let this device in');
  expect(await coturn.log()).toContain('error 401: Unauthorized');
});

test('a server that does not share the relay\'s secret is let in nowhere', async ({ contexts, coturn, request, startWithRelay }) => {
  const { url } = await startWithRelay({ secret: newSecret() });
  expect(await coturn.admits(await join(await createSession(request, url), url))).toBe(false);
  const sender = await Sender.open(contexts[0], url);
  const receiver = await Receiver.open(contexts[1], sender.shareUrl, 'agent', RELAY);
  await expectError(receiver.page, 'CONNECTION_FAILED');
  await expect(receiver.page.getByTestId('error-message')).toContainText('The relay did not let this device in');
});

test('a page that insists on a relay where there is none says so at once', async ({ contexts, url }) => {
  const sender = await Sender.open(contexts[0], url);
  const receiver = await Receiver.open(contexts[1], sender.shareUrl, 'people', RELAY);
  await expectError(receiver.page, 'CONNECTION_FAILED', 5_000);
  await expect(receiver.page.getByTestId('error-message')).toContainText('this server has none');
  await receiver.page.goto(`${sender.shareUrl}?relay=false`);
  await waitForStatus(receiver.page, ['ready']);
  await expectConnection(receiver.page, 'direct');
});
