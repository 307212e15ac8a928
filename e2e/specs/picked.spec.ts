// Files for a place that a person picks: kept privately first, so that a receive outlives its page, and copied there once it is whole.

import path from 'node:path';
import type { Page } from '@playwright/test';
import { expectSaid } from '../support/errors';
import { MB, type SeededFile, makeFile, sha256OfDownload } from '../support/files';
import { type Pair, expect, openPair, test as base } from '../support/fixtures';
import { perkoon, waitForBytes, waitForStatus } from '../support/hooks';
import { sha256OfText } from '../support/hostile_files';
import { look } from '../support/look';
import { acceptIntoPlace, folders, pickAtOnce, pickLater, sha256OfPlace } from '../support/place';
import { reload } from '../support/reload';
import { sentAgain, traffic, watchTraffic } from '../support/traffic';

const EARLIER = 'is here from an earlier attempt';

const test = base.extend<{ pair: Pair }>({
  pair: async ({ contexts, openPair }, use) => {
    await contexts[0].addInitScript(watchTraffic);
    await contexts[1].addInitScript(pickAtOnce);
    await use(await openPair('people'));
  },
});

/** Has the file sent into the place until a part of it is there. */
async function sendPart({ sender, receiver }: Pair, file: SeededFile, part: number): Promise<void> {
  await sender.add(file.path);
  await sender.offer();
  await acceptIntoPlace(receiver);
  await waitForBytes(receiver.page, file.size * part);
}

/** Both have to say complete, with hardly a byte sent twice and nothing of it left in private files. */
async function expectComplete({ sender, receiver }: Pair, bytes: number): Promise<void> {
  await waitForStatus(receiver.page, ['complete'], 40_000);
  await waitForStatus(sender.page, ['complete']);
  expect(sentAgain((await traffic(sender.page)).bytes, bytes)).toBeLessThan(0.05);
  expect(await folders(receiver.page)).toEqual([]);
  expect(receiver.downloads).toEqual([]);
}

test('a receive into a picked file goes on where it stopped when the page is loaded again', async ({ pair, large }) => {
  const { page } = pair.receiver;
  await sendPart(pair, large, 0.6);
  expect((await perkoon(page)).files[0]!.method).toBe('fsapi');
  await reload(page);
  // The place has to be picked again: it does not go on by itself.
  await expect(page.getByText(EARLIER)).toBeVisible();
  await acceptIntoPlace(pair.receiver);
  await expectComplete(pair, large.size);
  expect(await sha256OfPlace(page)).toEqual(new Map([['large.bin', large.sha256]]));
  expect((await perkoon(page)).files[0]).toMatchObject({ status: 'complete', method: 'fsapi', savedAs: 'large.bin' });
  expect(await page.evaluate(async () => (await window.__perkoon.files[0]!.getFile())!.size)).toBe(large.size);
});

test('a folder goes on as well, and overwrites nothing', async ({ pair, directory }) => {
  const { sender, receiver } = pair;
  const sizes: [string, number][] = [['a.bin', 3 * MB], ['sub/b.bin', 70_000], ['sub/deep/empty.bin', 0], ['z.bin', 200 * MB]];
  const files = await Promise.all(sizes.map(async ([name, size]) => [name, await makeFile(directory, `tree/${name}`, size)] as const));
  await receiver.page.evaluate(async () => {
    const place = await (await navigator.storage.getDirectory()).getDirectoryHandle('picked', { create: true });
    const own = await (await place.getDirectoryHandle('tree', { create: true })).getFileHandle('a.bin', { create: true });
    const writing = await own.createWritable();
    await writing.write('mine');
    await writing.close();
  });
  await sender.page.setInputFiles('[data-testid="folder-input"]', path.join(directory, 'tree'));
  await sender.offer();
  await acceptIntoPlace(receiver);
  await waitForBytes(receiver.page, 100 * MB);
  await reload(receiver.page);
  await expect(receiver.page.getByText(EARLIER)).toBeVisible();
  await acceptIntoPlace(receiver);
  await expectComplete(pair, files.reduce((sum, [, { size }]) => sum + size, 0));
  const there = files.map(([name, { sha256 }]) => [`tree/${name}`.replace('/a.bin', '/a (2).bin'), sha256] as const);
  expect(await sha256OfPlace(receiver.page)).toEqual(new Map([...there, ['tree/a.bin', sha256OfText('mine')]]));
});

test('what was begun for a picked place can be had as an ordinary download', async ({ pair, large }) => {
  const { sender, receiver } = pair;
  await sendPart(pair, large, 0.5);
  await reload(receiver.page);
  await expect(receiver.page.getByText(EARLIER)).toBeVisible();
  await receiver.accept();
  const downloads = await receiver.complete();
  expect(await sha256OfDownload(downloads[0]!)).toBe(large.sha256);
  await waitForStatus(sender.page, ['complete']);
  expect(sentAgain((await traffic(sender.page)).bytes, large.size)).toBeLessThan(0.05);
});

test('what was begun for a download can go to a picked place, in another session', async ({ pair, contexts, openPair, large }) => {
  await pair.sender.add(large.path);
  await pair.sender.offer();
  await pair.receiver.accept();
  await waitForBytes(pair.receiver.page, large.size * 0.5);
  const { bytes } = await traffic(pair.sender.page);
  await pair.sender.page.close();
  await waitForStatus(pair.receiver.page, ['error']);
  await pair.receiver.page.close();
  const next = await openPair('people');
  await next.sender.add(large.path);
  await next.sender.offer();
  await acceptIntoPlace(next.receiver);
  await waitForStatus(next.receiver.page, ['complete'], 40_000);
  await waitForStatus(next.sender.page, ['complete']);
  expect(sentAgain(bytes + (await traffic(next.sender.page)).bytes, large.size)).toBeLessThan(0.1);
  expect(await sha256OfPlace(next.receiver.page)).toEqual(new Map([['large.bin', large.sha256]]));
  expect(contexts[1].pages()).toHaveLength(1);
});

/** Adds to the worker that writes to places. */
async function change(page: Page, script: string): Promise<void> {
  await page.context().route('**/place-writer.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${await response.text()}\n${script}` });
  });
}

/** Has that worker stop after the first part, as on a disk that has become very slow; the answer lets it go on. */
async function slowDown(page: Page): Promise<() => Promise<void>> {
  const slow = `{
    const { write } = FileSystemWritableFileStream.prototype;
    const goOn = new Promise((resolve) => (new BroadcastChannel('disk').onmessage = resolve));
    let parts = 0;
    FileSystemWritableFileStream.prototype.write = async function (data) {
      parts += 1;
      if (parts > 1) await goOn;
      await write.call(this, data);
    };
  }`;
  await change(page, slow);
  return () => page.evaluate(() => new BroadcastChannel('disk').postMessage('go on'));
}

/** Sets how much the receiving origin may keep; without a number, as much as usual. */
async function quota(page: Page): Promise<(megabytes?: number) => Promise<unknown>> {
  const browser = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  return (megabytes) => browser.send('Storage.overrideQuotaForOrigin', megabytes ? { origin, quotaSize: megabytes * MB } : { origin });
}

test('without room for two copies it is written to the place at once', async ({ pair, large }) => {
  const { page } = pair.receiver;
  // What a page is told is not what the quota of tests says.
  await page.evaluate(() => {
    StorageManager.prototype.estimate = async () => ({ quota: 400_000_000, usage: 0 });
  });
  await sendPart(pair, large, 0.3);
  expect(await folders(page)).toEqual([]);
  await expectComplete(pair, large.size);
  expect(await sha256OfPlace(page)).toEqual(new Map([['large.bin', large.sha256]]));
  expect((await perkoon(page)).files[0]!.method).toBe('fsapi');
});

test('once it has begun it needs no server to be copied', async ({ contexts, startServer, large }) => {
  await contexts[1].addInitScript(pickAtOnce);
  const server = await startServer();
  const { sender, receiver } = await openPair(contexts, server.url, 'people');
  await sender.add(large.path);
  await sender.offer();
  await acceptIntoPlace(receiver);
  // More than the window: some of it is written.
  await waitForBytes(receiver.page, 20 * MB);
  await server.stop();
  await waitForStatus(receiver.page, ['complete'], 40_000);
  await waitForStatus(sender.page, ['complete']);
  expect(await sha256OfPlace(receiver.page)).toEqual(new Map([['large.bin', large.sha256]]));
});

const FULL = {
  code: 'INSUFFICIENT_STORAGE',
  message: 'There is not enough free space on the receiving device. Free some space there and start again.',
};

// Chromium copies through a pipe, and tells of the end that gives up first: when the disk is full, that may be the one that reads.
test('a full disk is not taken for a file that cannot be read', async ({ pair, large }) => {
  const { sender, receiver } = pair;
  await change(
    receiver.page,
    `FileSystemWritableFileStream.prototype.write = async ({ data }) => {
      throw new DOMException('It was not written.', data instanceof Blob ? 'NotReadableError' : 'QuotaExceededError');
    };`,
  );
  await sender.add(large.path);
  await sender.offer();
  await acceptIntoPlace(receiver);
  await expectSaid(receiver.page, FULL, 40_000);
  await expectSaid(sender.page, FULL);
  expect(await sha256OfPlace(receiver.page)).toEqual(new Map());
});

test('a disk that is full while files are copied leaves none of them, and the next attempt has them all', async ({ pair, directory }) => {
  const { sender, receiver } = pair;
  const setQuota = await quota(receiver.page);
  const files = [await makeFile(directory, 'a.bin', 20 * MB), await makeFile(directory, 'b.bin', 180 * MB)];
  await sender.add(...files.map((file) => file.path));
  await sender.offer();
  await acceptIntoPlace(receiver);
  await waitForBytes(receiver.page, MB);
  await setQuota(300);
  await expectSaid(receiver.page, FULL, 40_000);
  await expectSaid(sender.page, FULL);
  expect((await perkoon(receiver.page)).files).toMatchObject([{ status: 'failed' }, { status: 'failed' }]);
  expect(await sha256OfPlace(receiver.page)).toEqual(new Map());
  expect(await folders(receiver.page)).toHaveLength(1);

  await setQuota();
  await sender.page.getByRole('button', { name: 'Try again' }).click();
  await sender.offer();
  await acceptIntoPlace(receiver);
  await expectComplete(pair, 200 * MB);
  expect(await sha256OfPlace(receiver.page)).toEqual(new Map(files.map(({ name, sha256 }) => [name, sha256])));
});

test('while files are copied the page says how far it is, and nothing stays when a person cancels', async ({ pair, directory }) => {
  const { sender, receiver } = pair;
  const goOn = await slowDown(receiver.page);
  await sender.add((await makeFile(directory, 'file.bin', 30 * MB)).path);
  await sender.offer();
  await acceptIntoPlace(receiver);
  await expect(receiver.page.getByRole('heading', { name: 'Saving' })).toBeVisible();
  await expect(receiver.page.getByText('8.00 MiB of 28.6 MiB copied to the place you chose.')).toBeVisible();
  await look(receiver.page, 'receiver-copying');
  expect([(await perkoon(receiver.page)).transfer.status, (await perkoon(sender.page)).transfer.status]).toEqual(['transferring', 'transferring']);
  await receiver.page.getByTestId('transfer-cancel').click();
  await waitForStatus(receiver.page, ['cancelled']);
  await waitForStatus(sender.page, ['cancelled']);
  await goOn();
  await expect.poll(() => folders(receiver.page)).toEqual([]);
  await expect.poll(() => sha256OfPlace(receiver.page)).toEqual(new Map());
});

test('a place that was picked for one offer is not written to for the next', async ({ pair, directory }) => {
  const { sender, receiver } = pair;
  const [first, second] = [await makeFile(directory, 'first.bin', 300_000), await makeFile(directory, 'second.bin', 300_000)];
  await sender.add(first.path);
  await sender.offer();
  await waitForStatus(receiver.page, ['offered']);
  const pick = await pickLater(receiver.page);
  await acceptIntoPlace(receiver);
  await sender.page.getByTestId('transfer-cancel').click();
  await waitForStatus(receiver.page, ['cancelled']);
  await sender.page.getByRole('button', { name: 'Back to the files' }).click();
  await sender.page.getByTestId('file-remove').click();
  await sender.add(second.path);
  await sender.offer();
  await waitForStatus(receiver.page, ['offered']);
  await pick();
  await acceptIntoPlace(receiver);
  await expectComplete(pair, second.size);
  // What the picker has made stays as it was.
  expect(await sha256OfPlace(receiver.page)).toEqual(new Map([['first.bin', sha256OfText('')], ['second.bin', second.sha256]]));
});
