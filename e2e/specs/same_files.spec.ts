// A sender whose page is loaded again in the middle of a transfer, and whose files were dropped: one click finds them again.

import type { Page } from '@playwright/test';
import { dropDesk, dropFromDesk, putOnDesk } from '../support/desk';
import { MB, makeFile, sha256OfDownload } from '../support/files';
import { type Pair, expect, test as base } from '../support/fixtures';
import { waitForBytes, waitForStatus } from '../support/hooks';
import { look } from '../support/look';
import { reload } from '../support/reload';
import { sentAgain, traffic, watchTraffic } from '../support/traffic';
import { sha256OfZip } from '../support/zip';

const test = base.extend<{ pair: Pair }>({
  pair: async ({ contexts, openPair }, use) => {
    await contexts[0].addInitScript(watchTraffic);
    await contexts[0].addInitScript(dropFromDesk);
    await use(await openPair('people'));
  },
});

/** Has what is on the desk sent until so many bytes are there, and loads the sender's page again. */
async function sendPartAndReload({ sender, receiver }: Pair, bytes: number): Promise<void> {
  await dropDesk(sender.page);
  await sender.offer();
  await receiver.accept();
  await waitForBytes(receiver.page, bytes);
  await reload(sender.page);
  await waitForStatus(receiver.page, ['reconnecting']);
}

/** For how many transfers handles are kept. */
function kept(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>) => new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error!);
    });
    const database = await done(indexedDB.open('perkoon'));
    const count = await done(database.transaction('handles').objectStore('handles').count());
    database.close();
    return count;
  });
}

const again = (page: Page) => page.getByRole('button', { name: 'Use the same files again' });

test('a dropped file goes on with one click', async ({ pair, large }) => {
  const { sender, receiver } = pair;
  await putOnDesk(sender.page, { 'large.bin': large });
  await sendPartAndReload(pair, large.size * 0.5);
  await expect(again(sender.page)).toBeVisible();
  await look(sender.page, 'sender-loaded-again-with-handles');
  await again(sender.page).click();
  const [download] = await receiver.complete();
  expect(await sha256OfDownload(download!)).toBe(large.sha256);
  await waitForStatus(sender.page, ['complete']);
  expect(sentAgain((await traffic(sender.page)).bytes, large.size)).toBeLessThan(0.05);
  await expect.poll(() => kept(sender.page)).toBe(0);
});

test('a dropped folder goes on without the files that were taken off the list, loaded again twice', async ({ pair, directory }) => {
  const { sender, receiver } = pair;
  const files = {
    'tree/a.bin': await makeFile(directory, 'a.bin', 3 * MB),
    'tree/sub/b.bin': await makeFile(directory, 'b.bin', 70_000),
    'tree/z.bin': await makeFile(directory, 'z.bin', 250 * MB),
    'loose.bin': await makeFile(directory, 'loose.bin', 5),
    'unwanted.bin': await makeFile(directory, 'unwanted.bin', 7),
  };
  await putOnDesk(sender.page, files);
  await dropDesk(sender.page);
  await sender.page.getByRole('button', { name: 'Remove unwanted.bin' }).click();
  await sender.offer();
  await receiver.accept();
  for (const part of [0.3, 0.6]) {
    await waitForBytes(receiver.page, 250 * MB * part);
    await reload(sender.page);
    await again(sender.page).click();
  }
  const [download] = await receiver.complete();
  const { 'unwanted.bin': _, ...sent } = files;
  expect(await sha256OfZip(await download!.path())).toEqual(new Map(Object.entries(sent).map(([path, { sha256 }]) => [path, sha256])));
  await waitForStatus(sender.page, ['complete']);
  expect(sentAgain((await traffic(sender.page)).bytes, 253_070_005)).toBeLessThan(0.1);
});

test('files that have changed meanwhile do not go on, and are offered anew', async ({ pair, large, directory }) => {
  const { sender, receiver } = pair;
  await putOnDesk(sender.page, { 'large.bin': large });
  await sendPartAndReload(pair, large.size * 0.2);
  const other = await makeFile(directory, 'other.bin', 70_000);
  await putOnDesk(sender.page, { 'large.bin': other });
  await again(sender.page).click();
  await expect(sender.files).toHaveCount(1);
  await waitForStatus(receiver.page, ['reconnecting']);
  await sender.offer();
  await receiver.accept();
  expect(await receiver.saved()).toEqual(new Map([['large.bin', other.sha256]]));
});

test('files that are gone can be replaced by others', async ({ pair, large, directory }) => {
  const { sender, receiver } = pair;
  await putOnDesk(sender.page, { 'large.bin': large });
  await sendPartAndReload(pair, large.size * 0.2);
  await sender.page.evaluate(async () => (await navigator.storage.getDirectory()).removeEntry('desk', { recursive: true }));
  await again(sender.page).click();
  const other = await makeFile(directory, 'other.bin', 70_000);
  await sender.add(other.path);
  await expect(sender.files).toHaveCount(1);
  await sender.offer();
  await receiver.accept();
  expect(await receiver.saved()).toEqual(new Map([[other.name, other.sha256]]));
});
