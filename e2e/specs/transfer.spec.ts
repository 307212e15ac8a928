// One file, every way it can go, compared byte for byte.

import type { BrowserContext } from '@playwright/test';
import { MB, type SeededFile, makeFile, sha256OfDownload } from '../support/files';
import { expect, openPair, test } from '../support/fixtures';
import { perkoon, waitForStatus } from '../support/hooks';
import type { Mode } from '../support/receiver';

const METHODS = { people: 'opfs', agent: 'sw-download', 'agent-opfs': 'opfs' } as const;
const LARGE_TIMEOUT = 300_000;

async function expectDelivered(contexts: [BrowserContext, BrowserContext], url: string, file: SeededFile, mode: Mode) {
  const { sender, receiver } = await openPair(contexts, url, mode);
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  const downloads = await receiver.complete(LARGE_TIMEOUT);
  expect(downloads.map((download) => download.suggestedFilename())).toEqual([file.name]);
  expect(await sha256OfDownload(downloads[0]!)).toBe(file.sha256);
  await waitForStatus(sender.page, ['complete']);

  const [sent, received] = [await perkoon(sender.page), await perkoon(receiver.page)];
  expect(received.files[0]).toMatchObject({ name: file.name, savedAs: file.name, size: file.size, status: 'complete', method: METHODS[mode] });
  expect(received.files[0]!.blake3).toMatch(/^[0-9a-f]{64}$/);
  expect(received.files[0]!.blake3).toBe(sent.files[0]!.blake3);
  for (const { transfer } of [sent, received]) {
    expect(transfer).toMatchObject({ percent: 100, bytesTransferred: file.size, totalBytes: file.size, error: null });
    expect(transfer.durationMs).toBeGreaterThanOrEqual(0);
  }
}

for (const mode of ['agent', 'people', 'agent-opfs'] as const) {
  for (const [label, size] of [['0 bytes', 0], ['1 byte', 1], ['5 MB', 5 * MB]] as const) {
    test(`${label} between two contexts, ${mode}`, async ({ contexts, url, directory }) => {
      await expectDelivered(contexts, url, await makeFile(directory, 'file.bin', size), mode);
    });
  }
}

for (const mode of ['agent', 'people'] as const) {
  test(`300 MB between two contexts, ${mode}`, async ({ contexts, url, directory }) => {
    test.setTimeout(LARGE_TIMEOUT);
    await expectDelivered(contexts, url, await makeFile(directory, 'file.bin', 300 * MB), mode);
  });
}

test('5 MB between two browser processes', async ({ processes, url, directory }) => {
  await expectDelivered(processes, url, await makeFile(directory, 'file.bin', 5 * MB), 'agent');
});

test('300 MB between two browser processes', async ({ processes, url, directory }) => {
  test.setTimeout(LARGE_TIMEOUT);
  await expectDelivered(processes, url, await makeFile(directory, 'file.bin', 300 * MB), 'agent');
});

test('both pages tell the same story, in order', async ({ openPair, directory }) => {
  const { sender, receiver } = await openPair();
  for (const { page } of [sender, receiver]) {
    await page.evaluate(() => {
      const story: string[] = [];
      Object.assign(window, { story });
      for (const name of ['offered', 'accepted', 'progress', 'complete', 'error']) {
        document.addEventListener(`perkoon:transfer:${name}`, () => story.at(-1) !== name && story.push(name));
      }
    });
  }
  await sender.add((await makeFile(directory, 'file.bin', 5 * MB)).path);
  await sender.offer();
  await receiver.accept();
  await receiver.complete();
  await waitForStatus(sender.page, ['complete']);
  for (const { page } of [sender, receiver]) {
    const story = await page.evaluate(() => (window as unknown as { story: string[] }).story);
    expect(story).toEqual(['offered', 'accepted', 'progress', 'complete']);
  }
});
