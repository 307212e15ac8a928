// Received files that a script reads in the page: files[i].stream(), getFile() and release().

import type { Page } from '@playwright/test';
import { MB, type SeededFile, makeFile } from '../support/files';
import { type Pair, expect, test } from '../support/fixtures';
import { perkoon, waitForStatus } from '../support/hooks';
import { Receiver } from '../support/receiver';
import { Sender } from '../support/sender';

/** The digest of file number `index` as a script reads it; `null` where there is nothing to read. */
function readBack(page: Page, index: number, method: 'stream' | 'getFile'): Promise<string | null> {
  return page.evaluate(
    async ([number, how]) => {
      const content = await window.__perkoon.files[number]![how]();
      if (content === null) return null;
      const bytes = await new Response(content).arrayBuffer();
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    },
    [index, method] as const,
  );
}

/** How many files the origin's private file system holds. */
function privateFiles(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const count = async (directory: FileSystemDirectoryHandle): Promise<number> => {
      let files = 0;
      try {
        for await (const entry of directory.values()) files += entry.kind === 'file' ? 1 : await count(entry as FileSystemDirectoryHandle);
      } catch (error) {
        // Removed while it was counted: it holds nothing any more.
        if ((error as DOMException).name !== 'NotFoundError') throw error;
        return 0;
      }
      return files;
    };
    return count(await navigator.storage.getDirectory());
  });
}

async function deliver({ sender, receiver }: Pair, files: SeededFile[]): Promise<void> {
  await sender.add(...files.map((file) => file.path));
  await sender.offer();
  await receiver.accept();
  await receiver.complete();
  await waitForStatus(sender.page, ['complete']);
}

function makeFiles(directory: string): Promise<SeededFile[]> {
  return Promise.all([5 * MB, 0, 300_000].map((size, index) => makeFile(directory, `${index}.bin`, size)));
}

test('from OPFS, until released', async ({ openPair, directory }) => {
  const files = await makeFiles(directory);
  const pair = await openPair('agent-opfs');
  await deliver(pair, files);
  const { page } = pair.receiver;
  for (const [index, file] of files.entries()) {
    expect(await readBack(page, index, 'getFile')).toBe(file.sha256);
    expect(await readBack(page, index, 'stream')).toBe(file.sha256);
  }
  expect(await page.evaluate(async () => (await window.__perkoon.files[2]!.getFile())!.name)).toBe('2.bin');
  expect(await privateFiles(page)).toBe(3);

  // A released file gives its place on the disk back, the others stay.
  await page.evaluate(() => window.__perkoon.files[0]!.release());
  expect([await readBack(page, 0, 'getFile'), await readBack(page, 0, 'stream')]).toEqual([null, null]);
  await expect.poll(() => privateFiles(page)).toBe(2);
  expect(await readBack(page, 2, 'getFile')).toBe(files[2]!.sha256);
  await page.evaluate(() => window.__perkoon.files.forEach((file) => file.release()));
  await expect.poll(() => privateFiles(page)).toBe(0);
});

test('many files released at once all give their place on the disk back', async ({ openPair, directory }) => {
  const pair = await openPair('agent-opfs');
  await deliver(pair, await Promise.all(Array.from({ length: 20 }, (_, index) => makeFile(directory, `${index}.bin`, 10_000))));
  const { page } = pair.receiver;
  expect(await privateFiles(page)).toBe(20);
  await page.evaluate(() => window.__perkoon.files.forEach((file) => file.release()));
  await expect.poll(() => privateFiles(page)).toBe(0);
});

test('a file can be read as soon as it is ready', async ({ openPair, directory }) => {
  const files = await makeFiles(directory);
  const pair = await openPair('agent-opfs');
  await pair.receiver.page.evaluate(() => {
    const sizes: Promise<number | undefined>[] = [];
    Object.assign(window, { sizes });
    document.addEventListener('perkoon:file:ready', ({ detail }) => {
      sizes.push(detail.getFile().then((content) => content?.size));
    });
  });
  await deliver(pair, files);
  const sizes = await pair.receiver.page.evaluate(() => Promise.all((window as unknown as { sizes: Promise<number>[] }).sizes));
  expect(sizes.sort()).toEqual(files.map((file) => file.size).sort());
});

test('the next transfer takes the place of the one before', async ({ openPair, directory }) => {
  const pair = await openPair('agent-opfs');
  const [first, , second] = await makeFiles(directory);
  await deliver(pair, [first!]);
  await pair.sender.page.getByRole('button', { name: 'Send more' }).click();
  await pair.sender.add(second!.path);
  await pair.sender.offer();
  await waitForStatus(pair.receiver.page, ['offered']);
  expect(await readBack(pair.receiver.page, 0, 'getFile'), 'what is offered is not here').toBeNull();
  await pair.receiver.accept();
  await pair.receiver.complete();
  expect(await readBack(pair.receiver.page, 0, 'getFile')).toBe(second!.sha256);
  await expect.poll(() => privateFiles(pair.receiver.page)).toBe(1);
});

test('what nobody releases is let go of after an hour', async ({ contexts: [from, to], url, directory }) => {
  const sender = await Sender.open(from, url, { agent: true });
  await to.clock.install();
  const receiver = await Receiver.open(to, sender.shareUrl, 'agent-opfs');
  const { page } = receiver;
  const file = await makeFile(directory, 'file.bin', 300_000);
  await deliver({ sender, receiver }, [file]);
  await page.clock.fastForward('59:00');
  expect(await readBack(page, 0, 'getFile')).toBe(file.sha256);
  await page.clock.fastForward('02:00');
  expect(await readBack(page, 0, 'getFile')).toBeNull();
  await expect.poll(() => privateFiles(page)).toBe(0);
});

test('what streamed through the service worker cannot be read back', async ({ openPair, directory }) => {
  const pair = await openPair('agent');
  await deliver(pair, [await makeFile(directory, 'file.bin', 300_000)]);
  expect((await perkoon(pair.receiver.page)).files[0]!.method).toBe('sw-download');
  expect([await readBack(pair.receiver.page, 0, 'getFile'), await readBack(pair.receiver.page, 0, 'stream')]).toEqual([null, null]);
});

test('from memory, where the browser has nothing else', async ({ contexts, openPair, directory }) => {
  await contexts[1].addInitScript(() => {
    Object.defineProperty(navigator, 'serviceWorker', { value: undefined });
    Object.defineProperty(navigator, 'storage', { value: undefined });
  });
  const files = await makeFiles(directory);
  const pair = await openPair('agent');
  await deliver(pair, files);
  const { page } = pair.receiver;
  expect((await perkoon(page)).files.map((file) => file.method)).toEqual(['memory-buffer', 'memory-buffer', 'memory-buffer']);
  for (const [index, file] of files.entries()) expect(await readBack(page, index, 'stream')).toBe(file.sha256);
  await page.evaluate(() => window.__perkoon.files[0]!.release());
  expect(await readBack(page, 0, 'stream')).toBeNull();
});
