// Every state of a session, seen by axe and kept as screenshots in output/screenshots.

import { makeFile } from '../support/files';
import { type Pair, expect, test } from '../support/fixtures';
import { waitForBytes, waitForParticipants, waitForStatus } from '../support/hooks';
import { look } from '../support/look';
import { Receiver } from '../support/receiver';
import { screenshots } from '../support/screenshots';
import { Sender } from '../support/sender';

async function lookAt(name: string, pages: Partial<Record<'sender' | 'receiver', { page: Sender['page'] }>>): Promise<void> {
  for (const [side, { page }] of Object.entries(pages)) await look(page, `${name}-${side}`);
}

test('pages', async ({ page, url }) => {
  for (const [name, path] of [['home', '/'], ['terms-box', '/create'], ['terms', '/terms'], ['privacy', '/privacy'], ['not-found', '/nowhere']]) {
    await page.goto(url + path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await look(page, `page-${name}`);
  }
});

test('before the program is there, and when it does not come', async ({ page, url, pageErrors }) => {
  let fail: () => void = () => {};
  const failed = new Promise<void>((resolve) => (fail = resolve));
  await page.route(/\.wasm$/, async (route) => {
    await failed;
    await route.abort();
  });
  await page.goto(url, { waitUntil: 'commit' });
  await expect(page.getByText('Perkoon').first()).toBeVisible();
  await look(page, 'loading');
  fail();
  await expect(page.getByRole('alert')).toBeVisible();
  await look(page, 'failed-to-load');
  pageErrors.length = 0;
});

test('from an empty queue to complete', async ({ contexts, url, directory }) => {
  const sender = await Sender.open(contexts[0], url);
  await lookAt('waiting', { sender });
  await sender.add((await makeFile(directory, 'holiday pictures.zip', 3_000_000)).path, (await makeFile(directory, 'notes.txt', 2_000)).path);
  await expect(sender.files).toHaveCount(2);
  await lookAt('queued', { sender });
  const receiver = await Receiver.open(contexts[1], sender.shareUrl, 'people');
  await waitForParticipants(receiver.page, 2);
  for (const { page } of [sender, receiver]) await expect(page.getByText('Compare these words')).toBeVisible();
  await lookAt('together', { sender, receiver });
  await sender.offer();
  await waitForStatus(receiver.page, ['offered']);
  await expect(receiver.page.getByTestId('transfer-accept')).toBeVisible();
  await lookAt('offered', { sender, receiver });
  await receiver.accept();
  await receiver.complete();
  await waitForStatus(sender.page, ['complete']);
  await lookAt('complete', { sender, receiver });
});

test('half-way: transferring, paused, cancelled', async ({ openPair, large }) => {
  test.setTimeout(120_000);
  const { sender, receiver }: Pair = await openPair('people');
  await sender.add(large.path);
  await sender.offer();
  await receiver.accept();
  await waitForBytes(receiver.page, 20_000_000);
  await screenshots(receiver.page, 'transferring-receiver');
  await screenshots(sender.page, 'transferring-sender');
  await receiver.page.getByTestId('transfer-pause').click();
  await waitForStatus(sender.page, ['paused']);
  await lookAt('paused', { sender, receiver });
  await sender.page.getByTestId('transfer-cancel').click();
  await waitForStatus(receiver.page, ['cancelled']);
  await lookAt('cancelled', { sender, receiver });
});

test('a password: protected, asked, wrong, locked, proven', async ({ contexts, url, directory }) => {
  test.setTimeout(120_000);
  const sender = await Sender.open(contexts[0], url, { password: 'right' });
  await lookAt('protected', { sender });
  const receiver = await Receiver.open(contexts[1], sender.shareUrl, 'people');
  await expect(receiver.page.getByTestId('password-input')).toBeFocused();
  await lookAt('password-asked', { receiver });
  await receiver.tryPassword('wrong');
  await expect(receiver.page.getByTestId('error-message')).toBeVisible();
  await expect(sender.page.getByText('Someone tried a wrong password')).toBeVisible();
  await lookAt('password-wrong', { sender, receiver });
  await sender.add((await makeFile(directory, 'notes.txt', 2_000)).path);
  await sender.offer();
  await lookAt('password-awaited', { sender });
  for (const told of ['3 tries', '2 tries', 'One try', 'unlock']) {
    await receiver.tryPassword('wrong');
    await expect(receiver.page.getByTestId('error-message')).toContainText(told);
  }
  await expect(sender.page.getByTestId('password-unlock')).toBeVisible();
  await lookAt('password-locked', { sender, receiver });
  await sender.page.getByTestId('password-unlock').click();
  await receiver.tryPassword('right');
  await expect(receiver.page.getByTestId('transfer-accept')).toBeVisible();
  await lookAt('password-proven', { sender, receiver });
});

test('a secure link, and one that was cut off', async ({ contexts, url }) => {
  const sender = await Sender.open(contexts[0], url, { secureLink: true });
  await lookAt('secure-link', { sender });
  const receiver = await Receiver.open(contexts[1], sender.shareUrl.slice(0, -3), 'people');
  await waitForStatus(receiver.page, ['error']);
  await lookAt('secure-link-cut', { receiver });
});

test('declined', async ({ openPair, directory }) => {
  const { sender, receiver } = await openPair('people');
  await sender.add((await makeFile(directory, 'unwanted.bin', 1000)).path);
  await sender.offer();
  await receiver.reject();
  await waitForStatus(sender.page, ['rejected']);
  await lookAt('declined', { sender, receiver });
});

test('the other side left', async ({ openPair, large }) => {
  const { sender, receiver } = await openPair('people');
  await sender.add(large.path);
  await sender.offer();
  await receiver.accept();
  await waitForBytes(receiver.page, 1 << 20);
  await sender.close();
  await waitForStatus(receiver.page, ['error']);
  await lookAt('sender-left', { receiver });
});

test('links that lead nowhere', async ({ page, url, browser, openPair }) => {
  for (const [name, path] of [['unknown-code', '/K7MX4QPR9W2N'], ['malformed-code', '/K7MX4QPR9W2']]) {
    await page.goto(url + path);
    await expect(page.getByTestId('error-message')).toBeVisible();
    await look(page, `${name}-receiver`);
  }
  const { sender } = await openPair('people');
  await waitForParticipants(sender.page, 2);
  const second = await Receiver.open(await browser.newContext(), sender.shareUrl, 'people');
  await expect(second.page.getByTestId('error-message')).toBeVisible();
  await lookAt('seat-taken', { receiver: second });
  await second.page.context().close();
});
