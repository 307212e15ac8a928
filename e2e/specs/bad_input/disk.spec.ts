// A receiving device without room: said on both sides, nothing that looks finished, and the same session goes on once there is room.

import path from 'node:path';
import { type BrowserContext, chromium } from '@playwright/test';
import { launchOptions } from '../../support/browser';
import { expectSaid, type Said } from '../../support/errors';
import { MB, type SeededFile, makeFile, sha256OfDownload } from '../../support/files';
import { type Pair, test as base, expect, openPair } from '../../support/fixtures';
import { perkoon, waitForBytes, waitForStatus } from '../../support/hooks';
import type { Mode } from '../../support/receiver';
import { SmallDisk } from '../../support/small_disk';

/** Of a browser's storage a page is told why it takes no more. */
const NO_ROOM: Said = { code: 'INSUFFICIENT_STORAGE', message: 'There is not enough free space on the receiving device. Free some space there and start again.' };

/** Of a download a page is told only that the browser has given it up. */
const GIVEN_UP: Said = {
  code: 'CANCELLED',
  message: 'The browser stopped saving the file: the download was cancelled or the disk is full. Start the transfer again.',
};
const CANCELLED: Said = { ...GIVEN_UP, message: 'The transfer was cancelled. Unfinished files were not kept.' };

const test = base.extend<{ disk: SmallDisk }>({
  disk: async ({ directory }, use) => {
    const disk = await SmallDisk.mount(path.join(directory, 'disk'), 600);
    test.skip(!disk, 'only root may mount a disk here');
    await use(disk!);
    await disk!.unmount();
  },
});

/** A browser that keeps and saves everything on the disk. */
async function withBrowserOn(disk: SmallDisk, watch: (context: BrowserContext) => void, use: (context: BrowserContext) => Promise<void>): Promise<void> {
  const [profile, downloadsPath] = ['profile', 'downloads'].map((name) => path.join(disk.directory, name));
  const context = await chromium.launchPersistentContext(profile!, { ...launchOptions, acceptDownloads: true, downloadsPath });
  watch(context);
  await use(context).finally(() => context.close());
}

/** Waits for both to say so, tries again in the same session once `mend` has been done, and expects everything. */
async function expectMended({ sender, receiver }: Pair, file: SeededFile, [atReceiver, atSender]: [Said, Said], mend: () => Promise<unknown>): Promise<void> {
  await expectSaid(receiver.page, atReceiver, 60_000);
  await expectSaid(sender.page, atSender);
  const { transfer, files } = await perkoon(receiver.page);
  expect(transfer.percent).toBeLessThan(100);
  expect(files).toMatchObject([{ status: 'failed' }]);
  await receiver.expectNothingSaved();
  await mend();
  await sender.page.getByRole('button', { name: 'Try again' }).click();
  await sender.offer();
  await receiver.accept();
  const downloads = await receiver.complete();
  expect(await sha256OfDownload(downloads.at(-1)!)).toBe(file.sha256);
  await waitForStatus(sender.page, ['complete']);
}

// How much of 100 MB the disk has room for: it holds one copy while pieces arrive, and two while a person's file is saved.
const CASES: [string, Mode, number, [Said, Said]][] = [
  ['half-way, for a person', 'people', 50, [NO_ROOM, NO_ROOM]],
  ['half-way, for a script that keeps private files', 'agent-opfs', 50, [NO_ROOM, NO_ROOM]],
  ['half-way, for a script', 'agent', 50, [GIVEN_UP, CANCELLED]],
  ["while a person's whole file is saved", 'people', 150, [GIVEN_UP, CANCELLED]],
];

for (const [when, mode, megabytes, said] of CASES) {
  test(`the disk is full ${when}`, async ({ contexts, url, directory, disk, watch }) => {
    test.setTimeout(120_000);
    const file = await makeFile(directory, 'file.bin', 100 * MB);
    await withBrowserOn(disk, watch, async (context) => {
      const pair = await openPair([contexts[0], context], url, mode);
      await disk.leave(megabytes);
      await pair.sender.add(file.path);
      await pair.sender.offer();
      await pair.receiver.accept();
      await expectMended(pair, file, said, () => disk.makeRoom());
    });
  });
}

test('what writes cannot be loaded', async ({ openPair, contexts, directory }) => {
  const { sender, receiver } = await openPair('people');
  await contexts[1].route('**/opfs-writer.js', (route) => route.abort());
  await sender.add((await makeFile(directory, 'file.bin', 3 * MB)).path);
  await sender.offer();
  await receiver.accept();
  for (const { page } of [receiver, sender]) {
    await waitForStatus(page, ['error']);
    expect((await perkoon(page)).transfer.error).toMatchObject({ code: 'INTERNAL' });
  }
  await receiver.expectNothingSaved();
});

for (const [when, bytes] of [['at once', 0], ['half-way', 20 * MB]] as const) {
  test(`the browser refuses storage ${when}, for a person`, async ({ openPair, contexts, url, large }) => {
    test.setTimeout(120_000);
    const pair = await openPair('people');
    const browser = await contexts[1].newCDPSession(pair.receiver.page);
    const refuse = () => browser.send('Storage.overrideQuotaForOrigin', { origin: url, quotaSize: 1 * MB });
    if (bytes === 0) await refuse();
    await pair.sender.add(large.path);
    await pair.sender.offer();
    await pair.receiver.accept();
    if (bytes > 0) {
      await waitForBytes(pair.receiver.page, bytes);
      await refuse();
    }
    await expectMended(pair, large, [NO_ROOM, NO_ROOM], () => browser.send('Storage.overrideQuotaForOrigin', { origin: url }));
  });
}
