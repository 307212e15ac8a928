// What scripts and people do, driven by Puppeteer: in Chromium over the DevTools protocol, in Firefox over WebDriver BiDi.

import { type SeededFile, MB, makeFile } from '../../support/files';
import { type Pair, type Route, expect, test } from '../../support/puppeteer/fixtures';
import { BROWSERS } from '../../support/puppeteer/launch';
import { Receiver, Sender, hook } from '../../support/puppeteer/party';
import { sha256OfZip } from '../../support/zip';

/** Of several pieces each, of one, of a byte and of none. */
const SIZES = { 'three.bin': 3 * MB, 'small.bin': 5_000, 'byte.bin': 1, 'empty.bin': 0, 'two.bin': 2 * MB };

async function makeFiles(directory: string): Promise<SeededFile[]> {
  return Promise.all(Object.entries(SIZES).map(([name, size]) => makeFile(directory, name, size)));
}

function digestsOf(files: SeededFile[]): Map<string, string> {
  return new Map([...files].sort((a, b) => (a.name < b.name ? -1 : 1)).map((file) => [file.name, file.sha256]));
}

async function startedTransfer({ sender, receiver }: Pair, file: SeededFile): Promise<void> {
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  await receiver.waitForBytes(1 << 20);
}

for (const name of BROWSERS) {
  const route: Route = { from: name, to: name };

  test(`many files for a script, in ${name}`, async ({ openPair, directory }) => {
    const files = await makeFiles(directory);
    const { sender, receiver } = await openPair(route);
    await sender.add(...files.map((file) => file.path));
    await sender.offer();
    await receiver.accept();
    expect(await receiver.saved(files.length)).toEqual(digestsOf(files));
    expect((await receiver.perkoon()).files.map((file) => file.method)).toEqual(files.map(() => 'sw-download'));
    await sender.waitForStatus(['complete']);
  });

  test(`many files for a person, in one ZIP, in ${name}`, async ({ openPair, directory }) => {
    const files = await makeFiles(directory);
    const { sender, receiver } = await openPair(route, 'people');
    await sender.add(...files.map((file) => file.path));
    await sender.offer();
    await receiver.accept();
    const saved = await receiver.saved(1);
    const [archive] = [...saved.keys()];
    expect(archive).toMatch(/\.zip$/);
    const digests = await sha256OfZip(receiver.downloads.path(archive!));
    expect(new Map([...digests].sort())).toEqual(digestsOf(files));
    expect((await receiver.perkoon()).files.map((file) => file.method)).toEqual(files.map(() => 'opfs'));
    await sender.waitForStatus(['complete']);
  });

  for (const [label, size] of [['0 bytes', 0], ['5 MB', 5 * MB]] as const) {
    test(`${label} for a person who is asked each time, in ${name}`, async ({ openSender, openReceiver, directory }) => {
      const file = await makeFile(directory, 'file.bin', size);
      const sender = await openSender(name, 'people');
      await sender.add(file.path);
      // Nobody is there yet, so that a person is asked before anything is queued.
      await sender.click('confirm-ok');
      await sender.page.waitForSelector(hook('file-row'));
      const receiver = await openReceiver(name, sender, 'people');
      await sender.offer();
      await receiver.accept();
      expect(await receiver.saved(1)).toEqual(digestsOf([file]));
      expect((await receiver.perkoon()).files[0]!.method).toBe('opfs');
    });
  }

  test(`a password, wrong first and then right, in ${name}`, async ({ openTab, url, directory }) => {
    const file = await makeFile(directory, 'secret.bin', 2 * MB);
    const sender = await Sender.open((await openTab(name, 'sender')).page, url, 'agent', { password: 'pässword' });
    const { page, downloads } = await openTab(name, 'receiver');
    const receiver = await Receiver.open(page, downloads, await sender.shareUrl(), 'agent');
    await receiver.tryPassword('password');
    await page.waitForFunction(() => window.__perkoon.transfer.error?.code === 'WRONG_PASSWORD', { polling: 20 });
    await receiver.tryPassword('pässword');
    await sender.add(file.path);
    await sender.offer();
    await receiver.accept();
    expect(await receiver.saved(1)).toEqual(digestsOf([file]));
    for (const side of [sender, receiver]) {
      expect((await side.perkoon()).session).toMatchObject({ passwordProtected: true, verification: null });
    }
  });

  test(`without a password both show the same words, in ${name}`, async ({ openPair }) => {
    const { sender, receiver } = await openPair({ from: name, to: name });
    for (const { page } of [sender, receiver]) {
      await page.waitForFunction(() => window.__perkoon.session?.verification?.length === 4, { polling: 20 });
    }
    expect((await sender.perkoon()).session!.verification).toEqual((await receiver.perkoon()).session!.verification);
  });

  test(`the receiver declines, in ${name}`, async ({ openPair, directory }) => {
    const { sender, receiver } = await openPair(route);
    await sender.add((await makeFile(directory, 'unwanted.bin', 1000)).path);
    await sender.offer();
    await receiver.click('transfer-reject');
    await sender.waitForStatus(['rejected']);
    await receiver.waitForStatus(['rejected']);
    expect(receiver.downloads.begun).toEqual([]);
  });

  for (const side of ['sender', 'receiver'] as const) {
    const other = side === 'sender' ? 'receiver' : 'sender';

    test(`the ${side} cancels, in ${name}`, async ({ openPair, large }) => {
      const pair = await openPair(route);
      await startedTransfer(pair, large);
      await pair[side].waitForStatus(['transferring']);
      await pair[side].click('transfer-cancel');
      await pair[side].waitForStatus(['cancelled']);
      await pair[other].waitForStatus(['cancelled']);
      expect((await pair.receiver.perkoon()).transfer.bytesTransferred).toBeLessThan(large.size);
      await pair.receiver.downloads.expectFailed();
    });
  }

  test(`the receiver's tab is closed, in ${name}`, async ({ openPair, large }) => {
    const pair = await openPair(route);
    await startedTransfer(pair, large);
    await pair.receiver.page.close();
    await pair.receiver.downloads.expectFailed();
    expect((await pair.sender.waitForStatus(['error'])).error!.code).toBe('PEER_LEFT');
  });

  // As when its process ends: the service worker finds out by itself.
  test(`the receiver's page is gone without a word, in ${name}`, async ({ openSender, openTab, large }) => {
    const sender = await openSender(name);
    const { page, downloads } = await openTab(name, 'receiver');
    await page.evaluateOnNewDocument(() => addEventListener('pagehide', (event) => event.stopImmediatePropagation()));
    const receiver = await Receiver.open(page, downloads, await sender.shareUrl(), 'agent');
    await startedTransfer({ sender, receiver }, large);
    await page.close();
    await downloads.expectFailed();
  });

  for (const [code, error] of [['K7MX4QPR9W2N', 'SESSION_NOT_FOUND'], ['K7MX4QPR9W2', 'INVALID_CODE']]) {
    test(`${code} leads nowhere, in ${name}`, async ({ openTab, url }) => {
      const { page } = await openTab(name, 'receiver');
      await page.goto(`${url}/${code}?agent=true`);
      const message = await page.waitForSelector(hook('error-message'), { visible: true });
      expect(await message!.evaluate((element) => (element as HTMLElement).dataset.code)).toBe(error);
      expect(await page.evaluate(() => window.__perkoon.transfer.error?.code)).toBe(error);
    });
  }
}
