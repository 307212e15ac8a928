// What a page asks of the browser while bytes move, and only then: a screen that stays on, and a question before it is left.

import type { BrowserContext, Dialog, Page } from '@playwright/test';
import { makeFile, sha256OfDownload, type SeededFile } from '../support/files';
import { type Pair, expect, test } from '../support/fixtures';
import { waitForBytes, waitForParticipants, waitForStatus } from '../support/hooks';

const SIDES = ['sender', 'receiver'] as const;

async function startedTransfer({ sender, receiver }: Pair, file: SeededFile): Promise<void> {
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  await waitForBytes(receiver.page, 1 << 20);
}

/** Replaces the browser's wake locks by ones that the test can count, and take away as browsers do. */
async function countWakeLocks(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    class Sentinel extends EventTarget {
      released = false;
      async release(): Promise<void> {
        this.released = true;
      }
    }
    const given: Sentinel[] = [];
    const request = async (type: string): Promise<Sentinel> => {
      if (type !== 'screen') throw new TypeError(`there is no lock for ${type}`);
      const sentinel = new Sentinel();
      given.push(sentinel);
      return sentinel;
    };
    Object.defineProperty(navigator, 'wakeLock', { value: { request } });
    Object.assign(window, { wakeLocks: given });
  });
}

interface Instrumented {
  wakeLocks: { released: boolean }[];
}

function heldLocks(page: Page): Promise<number> {
  return page.evaluate(() => (window as unknown as Instrumented).wakeLocks.filter(({ released }) => !released).length);
}

test('the screen stays on while bytes move, and only then', async ({ contexts, openPair, large }) => {
  await Promise.all(contexts.map(countWakeLocks));
  const pair = await openPair('people');
  const expectHeld = async (count: number) => {
    for (const side of SIDES) await expect.poll(() => heldLocks(pair[side].page), { message: side }).toBe(count);
  };
  await pair.sender.add(large.path);
  await pair.sender.offer();
  await waitForStatus(pair.receiver.page, ['offered']);
  await expectHeld(0);
  await pair.receiver.accept();
  await waitForBytes(pair.receiver.page, 1 << 20);
  await expectHeld(1);
  await pair.receiver.page.getByTestId('transfer-pause').click();
  await waitForStatus(pair.sender.page, ['paused']);
  await expectHeld(0);
  await pair.receiver.page.getByTestId('transfer-resume').click();
  await waitForStatus(pair.sender.page, ['transferring']);
  await expectHeld(1);
  await pair.receiver.complete();
  await waitForStatus(pair.sender.page, ['complete']);
  await expectHeld(0);
});

test('the screen stays on again when the page comes back into view', async ({ contexts, openPair, large }) => {
  await countWakeLocks(contexts[1]);
  const pair = await openPair('people');
  await startedTransfer(pair, large);
  const { page } = pair.receiver;
  await expect.poll(() => heldLocks(page)).toBe(1);
  await page.evaluate(() => {
    // As browsers do when they hide a page.
    for (const lock of (window as unknown as Instrumented).wakeLocks) lock.released = true;
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await expect.poll(() => heldLocks(page)).toBe(1);
  await page.getByTestId('transfer-cancel').click();
  await waitForStatus(page, ['cancelled']);
  await expect.poll(() => heldLocks(page)).toBe(0);
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  expect(await heldLocks(page)).toBe(0);
});

for (const [how, wakeLock] of [['has no locks', 'undefined'], ['refuses every lock', '{ request: () => Promise.reject(new DOMException("no", "NotAllowedError")) }']]) {
  test(`a browser that ${how} transfers all the same`, async ({ contexts, openPair, directory }) => {
    const without = `Object.defineProperty(navigator, 'wakeLock', { value: ${wakeLock} })`;
    for (const context of contexts) await context.addInitScript(without);
    const file = await makeFile(directory, 'file.bin', 3_000_000);
    const pair = await openPair('people');
    await startedTransfer(pair, file);
    expect(await pair.receiver.saved()).toEqual(new Map([[file.name, file.sha256]]));
  });
}

/** Whether the page would have the browser ask before it is left. */
function asksBeforeLeaving(page: Page): Promise<boolean> {
  return page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));
}

/** Has someone load the page again, who is asked and stays. */
async function almostLeave(page: Page): Promise<void> {
  const [dialog] = await Promise.all([page.waitForEvent('dialog'), page.evaluate(() => void setTimeout(() => location.reload()))]);
  expect(dialog.type()).toBe('beforeunload');
  await dialog.dismiss();
}

async function reloadUnasked(page: Page): Promise<void> {
  const dialogs: string[] = [];
  const answer = (dialog: Dialog) => {
    dialogs.push(dialog.type());
    return dialog.accept();
  };
  page.on('dialog', answer);
  await page.reload();
  page.off('dialog', answer);
  expect(dialogs).toEqual([]);
}

test('a person is asked before leaving while something would be lost by it', async ({ openPair, large }) => {
  test.setTimeout(120_000);
  const pair = await openPair('people');
  const expectAsking = async (asking: boolean) => {
    for (const side of SIDES) expect(await asksBeforeLeaving(pair[side].page), side).toBe(asking);
  };
  await waitForParticipants(pair.receiver.page, 2);
  await expectAsking(false);
  await reloadUnasked(pair.sender.page);
  await pair.sender.add(large.path);
  await pair.sender.offer();
  await waitForStatus(pair.receiver.page, ['offered']);
  await expectAsking(false);
  await pair.receiver.accept();
  await waitForBytes(pair.receiver.page, 1 << 20);
  for (const side of SIDES) await almostLeave(pair[side].page);
  await pair.receiver.page.getByTestId('transfer-pause').click();
  await waitForStatus(pair.sender.page, ['paused']);
  await expectAsking(true);
  await pair.receiver.page.getByTestId('transfer-resume').click();
  const [download] = await pair.receiver.complete(80_000);
  expect(await sha256OfDownload(download!)).toBe(large.sha256);
  await waitForStatus(pair.sender.page, ['complete']);
  await expectAsking(false);
  for (const side of SIDES) await reloadUnasked(pair[side].page);
});

test('who was asked and leaves is gone', async ({ openPair, large }) => {
  const pair = await openPair('people');
  await startedTransfer(pair, large);
  const { page } = pair.sender;
  const [dialog] = await Promise.all([page.waitForEvent('dialog'), page.close({ runBeforeUnload: true })]);
  expect(dialog.type()).toBe('beforeunload');
  await dialog.accept();
  expect((await waitForStatus(pair.receiver.page, ['error'])).error!.code).toBe('PEER_LEFT');
});

test('scripts leave without being asked', async ({ openPair, large }) => {
  const pair = await openPair('agent');
  await startedTransfer(pair, large);
  for (const side of SIDES) {
    expect(await asksBeforeLeaving(pair[side].page), side).toBe(false);
    await reloadUnasked(pair[side].page);
  }
});
