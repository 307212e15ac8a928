// Every hook of the contract is on the page it is promised for, and never twice.

import type { BrowserContext, Page } from '@playwright/test';
import { expect, test } from '../support/fixtures';
import { waitForParticipants, waitForStatus } from '../support/hooks';
import { Receiver } from '../support/receiver';
import { Sender } from '../support/sender';

type Side = 'sender' | 'receiver';

/** The contract's table, and what came after it. */
const CONTRACT: Record<string, Side[]> = {
  'tos-accept': ['sender'],
  'create-password': ['sender'],
  'create-secure-link': ['sender'],
  'create-start': ['sender'],
  'p2p-session': ['sender', 'receiver'],
  'session-code': ['sender'],
  'share-url': ['sender'],
  'copy-link': ['sender'],
  'share-qr': ['sender'],
  'file-input': ['sender'],
  'folder-input': ['sender'],
  'drop-zone': ['sender'],
  'file-list': ['sender', 'receiver'],
  'file-row': ['sender', 'receiver'],
  'file-remove': ['sender'],
  'start-transfer': ['sender'],
  'confirm-ok': ['sender'],
  'confirm-cancel': ['sender'],
  'confirm-skip': ['sender'],
  'password-input': ['receiver'],
  'password-submit': ['receiver'],
  'password-unlock': ['sender'],
  'transfer-accept': ['receiver'],
  'transfer-reject': ['receiver'],
  'transfer-tos-checkbox': ['receiver'],
  'transfer-progress': ['sender', 'receiver'],
  'transfer-status': ['sender', 'receiver'],
  'transfer-pause': ['sender', 'receiver'],
  'transfer-resume': ['sender', 'receiver'],
  'transfer-cancel': ['sender', 'receiver'],
  'error-message': ['sender', 'receiver'],
};

/** Keeps, for every hook that was ever on a page, how many there were at once. */
async function countHooks(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const most: Record<string, number> = {};
    Object.assign(window, { most });
    const count = () => {
      const now: Record<string, number> = {};
      for (const element of document.querySelectorAll('[data-testid]')) {
        const id = element.getAttribute('data-testid')!;
        now[id] = (now[id] ?? 0) + 1;
      }
      for (const [id, number] of Object.entries(now)) most[id] = Math.max(most[id] ?? 0, number);
    };
    new MutationObserver(count).observe(document, { subtree: true, childList: true, attributes: true });
  });
}

/** A pair with one file under way, everything asked and answered as people do. */
async function transferring([from, to]: [BrowserContext, BrowserContext], url: string, file: string): Promise<Record<Side, Page>> {
  const page = await from.newPage();
  await page.goto(`${url}/create`);
  const sender = await Sender.start(page, { password: 'right' });
  // Nobody is there yet: adding is confirmed.
  await sender.add(file);
  await page.getByTestId('confirm-cancel').click();
  await sender.add(file);
  await page.getByTestId('confirm-ok').click();
  await expect(page.getByTestId('file-input')).toBeAttached();

  const receiver = await Receiver.open(to, sender.shareUrl, 'people');
  await waitForParticipants(page, 2);
  for (let tried = 1; tried <= 5; tried += 1) {
    await receiver.tryPassword('wrong');
    await expect(receiver.page.getByTestId('error-message')).toContainText(tried < 5 ? 'left' : 'unlock');
  }
  await page.getByTestId('password-unlock').click();
  await receiver.tryPassword('right');
  await page.getByTestId('start-transfer').click();
  await page.getByTestId('confirm-ok').click();
  await waitForStatus(page, ['offered']);
  await expect(page.getByTestId('file-input')).not.toBeAttached();

  // The terms are asked for with the answer, in the same moment.
  const accept = receiver.page.getByTestId('transfer-accept');
  await accept.waitFor();
  expect(await receiver.page.getByTestId('transfer-tos-checkbox').isVisible()).toBe(true);
  await expect(accept).toBeDisabled();
  await receiver.accept();
  await waitForStatus(page, ['transferring']);
  return { sender: page, receiver: receiver.page };
}

for (const side of ['sender', 'receiver'] as const) {
  test(`every hook of the ${side} is there, and none twice`, async ({ contexts, url, large }) => {
    test.setTimeout(120_000);
    await Promise.all(contexts.map(countHooks));
    const pages = await transferring(contexts, url, large.path);
    const [page, other] = side === 'sender' ? [pages.sender, pages.receiver] : [pages.receiver, pages.sender];
    await page.getByTestId('transfer-pause').click();
    await waitForStatus(other, ['paused']);
    await page.getByTestId('transfer-resume').click();
    await waitForStatus(other, ['transferring']);
    await other.close();
    await page.getByTestId('error-message').waitFor();

    const most = await page.evaluate(() => (window as unknown as { most: Record<string, number> }).most);
    const promised = Object.keys(CONTRACT).filter((id) => CONTRACT[id]!.includes(side));
    expect(most).toEqual(Object.fromEntries(promised.map((id) => [id, 1])));
  });
}

test('the guide lists the same hooks', async ({ request, url }) => {
  const guide = await (await request.get(`${url}/llms.txt`)).text();
  const table = guide.split('\n## Hooks\n')[1]!.split('\n## ')[0]!;
  const listed = [...table.matchAll(/^\| `([a-z0-9-]+)` \| (sender|receiver|both) \|/gm)].map(([, id, side]) => [
    id!,
    side === 'both' ? ['sender', 'receiver'] : [side],
  ]);
  expect(Object.fromEntries(listed)).toEqual(CONTRACT);
});
