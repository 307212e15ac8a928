// A receive that was broken off goes on where it stopped: after a reload, after the browser was killed, in another session.

import path from 'node:path';
import { type BrowserContext, chromium } from '@playwright/test';
import { launchOptions } from '../support/browser';
import { type SeededFile, makeFile, sha256OfDownload } from '../support/files';
import { type Pair, expect, test } from '../support/fixtures';
import { waitForBytes, waitForStatus } from '../support/hooks';
import { look } from '../support/look';
import { folders } from '../support/place';
import { Receiver } from '../support/receiver';
import { reload } from '../support/reload';
import { Sender } from '../support/sender';
import { sentAgain, traffic, watchTraffic } from '../support/traffic';
import { sha256OfZip } from '../support/zip';

const UNFINISHED = 'Unfinished files on this device';

/** Has the large file sent until a part of it is there. */
async function sendPart({ sender, receiver }: Pair, file: SeededFile, part: number): Promise<void> {
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  await waitForBytes(receiver.page, file.size * part);
}

async function expectWhole({ sender, receiver }: Pair, file: SeededFile): Promise<void> {
  const downloads = await receiver.complete();
  expect(await sha256OfDownload(downloads.at(-1)!)).toBe(file.sha256);
  await waitForStatus(sender.page, ['complete']);
  expect(sentAgain((await traffic(sender.page)).bytes, file.size)).toBeLessThan(0.05);
}

test('a person whose page is loaded again at 60 % need not do anything', async ({ contexts, openPair, large }) => {
  await contexts[0].addInitScript(watchTraffic);
  const pair = await openPair('people');
  await sendPart(pair, large, 0.6);
  await reload(pair.receiver.page);
  await expectWhole(pair, large);
  expect(await folders(pair.receiver.page)).toHaveLength(1);
});

test('a script whose page is loaded again accepts again and gets the rest', async ({ contexts, openPair, large }) => {
  await contexts[0].addInitScript(watchTraffic);
  const pair = await openPair('agent-opfs');
  await sendPart(pair, large, 0.6);
  await reload(pair.receiver.page);
  await pair.receiver.accept();
  await expectWhole(pair, large);
});

test('a browser that is killed and started again on its profile', async ({ contexts: [from], url, large, directory, watch }) => {
  await from.addInitScript(watchTraffic);
  const sender = await Sender.open(from, url);
  const profile = path.join(directory, 'profile');
  // The browser's own process: the server of Playwright's would clean up after itself.
  const launch = () => chromium.launchPersistentContext(profile, { ...launchOptions, args: [...launchOptions.args!, '--remote-debugging-port=0'] });
  const first = await launch();
  watch(first);
  await sendPart({ sender, receiver: await Receiver.open(first, sender.shareUrl, 'people') }, large, 0.6);
  await kill(first);
  const second = await launch();
  watch(second);
  try {
    const receiver = await Receiver.open(second, sender.shareUrl, 'people');
    await expectWhole({ sender, receiver }, large);
  } finally {
    await second.close();
  }
});

test('in another session, another day, until a person deletes it', async ({ contexts, openPair, url, large }) => {
  for (const context of contexts) await context.addInitScript(watchTraffic);
  const first = await openPair('people');
  await sendPart(first, large, 0.5);
  await first.sender.page.close();
  expect((await waitForStatus(first.receiver.page, ['error'])).error!.code).toBe('PEER_LEFT');
  await first.receiver.page.close();

  const home = await contexts[1].newPage();
  await home.goto(url);
  const list = home.getByRole('region', { name: UNFINISHED });
  await expect(list).toContainText('large.bin');
  await expect(list).toContainText('of 229 MiB');
  await look(home, 'home-unfinished');

  const sender = await Sender.open(contexts[0], url);
  const receiver = await Receiver.open(contexts[1], sender.shareUrl, 'people');
  await sender.add(large.path);
  await sender.offer();
  await expect(receiver.page.getByText('is here from an earlier attempt')).toBeVisible();
  await waitForStatus(receiver.page, ['offered']);
  await look(receiver.page, 'receiver-offered-partly-here');
  await receiver.accept();
  await waitForBytes(receiver.page, large.size * 0.7);
  expect((await traffic(sender.page)).bytes).toBeLessThan(large.size * 0.3);
  // In use.
  await home.reload();
  await expect(home.getByRole('link', { name: 'Send files' })).toBeVisible();
  await expect(list).toBeHidden();
  await sender.page.close();
  await waitForStatus(receiver.page, ['error']);
  await receiver.page.close();
  await home.reload();
  await list.getByRole('button', { name: 'Delete large.bin' }).click();
  await expect(list).toBeHidden();
  await expect.poll(() => folders(home)).toEqual([]);
});

for (const mode of ['people', 'agent'] as const) {
  test(`a sender that loads its page again adds the same files again, ${mode}`, async ({ contexts, openPair, large, directory }) => {
    await contexts[0].addInitScript(watchTraffic);
    const small = await makeFile(directory, 'small.bin', 70_000);
    const pair = await openPair(mode);
    const { sender, receiver } = pair;
    await sender.add(large.path, small.path);
    await sender.offer();
    await receiver.accept();
    await waitForBytes(receiver.page, large.size * 0.5);
    await reload(sender.page);
    await expect(sender.page.getByText('Add the same files to go on where it stopped: “large.bin” and 1 more.')).toBeVisible();
    // Browsers give no way back to what was chosen with an input.
    await expect(sender.page.getByRole('button', { name: 'Use the same files again' })).toBeHidden();
    await waitForStatus(receiver.page, ['reconnecting']);
    if (mode === 'people') await look(sender.page, 'sender-loaded-again');
    // In another order, one after the other.
    await sender.add(small.path);
    await sender.add(large.path);
    const [download] = await receiver.complete();
    const saved = mode === 'people' ? await sha256OfZip(await download!.path()) : await receiver.saved();
    expect(saved).toEqual(new Map([large, small].map((file) => [file.name, file.sha256])));
    await waitForStatus(sender.page, ['complete']);
    expect(sentAgain((await traffic(sender.page)).bytes, large.size + small.size)).toBeLessThan(0.05);
  });
}

test('a sender that loads its page again and adds other files starts anew', async ({ openPair, large, directory }) => {
  const { sender, receiver } = await openPair('people');
  await sendPart({ sender, receiver }, large, 0.2);
  await reload(sender.page);
  await waitForStatus(receiver.page, ['reconnecting']);
  const other = await makeFile(directory, 'other.bin', 70_000);
  await sender.add(other.path);
  await sender.offer();
  await receiver.accept();
  expect(await receiver.saved()).toEqual(new Map([[other.name, other.sha256]]));
});

test('of several files only what is missing is sent', async ({ contexts, openPair, large, directory }) => {
  await contexts[0].addInitScript(watchTraffic);
  const files = await Promise.all([0, 3_000_000, 0, 70_000].map((size, index) => makeFile(directory, `${index}.bin`, size)));
  const pair = await openPair('agent-opfs');
  const { sender, receiver } = pair;
  await sender.add(...files.map((file) => file.path), large.path);
  await sender.offer();
  await receiver.accept();
  await waitForBytes(receiver.page, large.size * 0.5);
  await reload(receiver.page);
  await receiver.accept();
  const saved = await receiver.saved();
  for (const file of [...files, large]) expect(saved.get(file.name)).toBe(file.sha256);
  await waitForStatus(sender.page, ['complete']);
  expect(sentAgain((await traffic(sender.page)).bytes, large.size + 3_070_000)).toBeLessThan(0.05);
});

test('what a person cancels is not kept', async ({ openPair, large }) => {
  const pair = await openPair('people');
  await sendPart(pair, large, 0.2);
  await pair.receiver.page.getByTestId('transfer-cancel').click();
  await waitForStatus(pair.receiver.page, ['cancelled']);
  await expect.poll(() => folders(pair.receiver.page)).toEqual([]);
});

test('what a person cancels while the browser saves it is not kept', async ({ startAltered, contexts, directory }) => {
  const url = await startAltered((at, answer) => {
    // The browser asks for the download, and its disk is slow.
    if (at === '/sw.js') answer.body = Buffer.concat([answer.body, Buffer.from('\nblobParts = async function* () { await new Promise(() => {}); };')]);
  });
  const sender = await Sender.open(contexts[0], url);
  const receiver = await Receiver.open(contexts[1], `${url}/${sender.code}`, 'people');
  await sender.add((await makeFile(directory, 'file.bin', 300_000)).path);
  await sender.offer();
  const download = receiver.page.waitForEvent('download');
  await receiver.accept();
  await download;
  expect(await folders(receiver.page)).toHaveLength(1);
  await receiver.page.getByTestId('transfer-cancel').click();
  for (const { page } of [receiver, sender]) await waitForStatus(page, ['cancelled']);
  await expect.poll(() => folders(receiver.page)).toEqual([]);
  await receiver.expectNothingSaved();
});

/** As the system kills a process that uses too much memory. */
async function kill(context: BrowserContext): Promise<void> {
  const closed = context.waitForEvent('close', { timeout: 20_000 });
  const session = await context.browser()!.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  process.kill(processInfo.find(({ type }) => type === 'browser')!.id, 'SIGKILL');
  await closed;
}
