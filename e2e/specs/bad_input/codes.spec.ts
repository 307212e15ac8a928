// Codes that lead nowhere, and seats that are taken.

import { expectError } from '../../support/errors';
import { expect, test } from '../../support/fixtures';
import { perkoon, waitForBytes, waitForParticipants } from '../../support/hooks';
import { Receiver } from '../../support/receiver';
import { Sender, skipConfirmations } from '../../support/sender';
import { createSession } from '../../support/sessions';

const UNKNOWN = 'K7MX4QPR9W2N';

test('an unknown code', async ({ page, url }) => {
  await page.goto(`${url}/${UNKNOWN}`);
  await expectError(page, 'SESSION_NOT_FOUND');
});

for (const malformed of ['K7MX4QPR9W2', 'K7MX4QPR9W2NN', 'K7MX4QPR9W2O', 'k7mx-4qpr-9w20']) {
  test(`a malformed code: ${malformed}`, async ({ page, url }) => {
    await page.goto(`${url}/${malformed}`);
    await expectError(page, 'INVALID_CODE');
  });
}

test('a malformed code typed on the first page', async ({ page, url }) => {
  await page.goto(url);
  const field = page.getByRole('textbox', { name: /code/i });
  await field.fill('hello');
  await field.press('Enter');
  await expect(page.getByRole('alert').filter({ hasText: /code/i })).toBeVisible();
  await expect(page).toHaveURL(`${url}/`);
});

test('an expired code', async ({ page, request, startServer }) => {
  const server = await startServer('--session-ttl', '1');
  const session = await createSession(request, server.url);
  const status = async () => (await request.get(`${server.url}/api/v1/sessions/${session.session_code}/status`)).json();
  await expect.poll(async () => (await status()).status, { timeout: 10_000 }).toBe('expired');
  await page.goto(session.share_url);
  await expectError(page, 'SESSION_EXPIRED');
});

test('a second receiver waits, and gets the seat when it is free', async ({ browser, openPair }) => {
  const { sender, receiver } = await openPair('agent');
  await waitForParticipants(sender.page, 2);
  const second = await Receiver.open(await browser.newContext(), sender.shareUrl);
  await expectError(second.page, 'SESSION_FULL');
  expect((await perkoon(second.page)).transfer.error!.retryable).toBe(true);

  await receiver.page.close();
  await waitForParticipants(second.page, 2);
  await expect(second.page.getByTestId('error-message')).toBeHidden();
  await second.page.context().close();
});

test('a second sender without the key', async ({ contexts, request, url }) => {
  const session = await createSession(request, url);
  const first = await contexts[0].newPage();
  await first.goto(session.sender_url);
  await Sender.start(first);

  const second = await contexts[1].newPage();
  await second.goto(`${session.share_url}#key=${'0'.repeat(session.sender_key.length)}`);
  await second.getByTestId('tos-accept').check();
  await second.getByTestId('create-start').click();
  await expectError(second, 'WRONG_SENDER_KEY');
  expect((await perkoon(first)).session!.status).toBe('waiting');
});

test('a second sender with the key takes over', async ({ contexts, request, url }) => {
  const session = await createSession(request, url);
  const pages = [];
  for (const context of contexts) {
    const page = await context.newPage();
    await page.goto(session.sender_url);
    expect((await Sender.start(page)).code).toBe(session.session_code);
    expect(page.url(), 'the key leaves the address').not.toContain(session.sender_key);
    pages.push(page);
  }
  await expectError(pages[0]!, 'REPLACED');
  await expect(pages[1]!.getByTestId('error-message')).toBeHidden();
});

test('a sender that is replaced while it sends does not take its seat back', async ({ contexts, request, url, large }) => {
  const session = await createSession(request, url);
  const [page, next] = [await contexts[0].newPage(), await contexts[1].newPage()];
  await skipConfirmations(page);
  await page.goto(session.sender_url);
  const sender = await Sender.start(page);
  const receiver = await Receiver.open(contexts[1], session.share_url);
  await sender.add(large.path);
  await sender.offer();
  await receiver.accept();
  await waitForBytes(receiver.page, 1 << 20);
  await next.goto(session.sender_url);
  await Sender.start(next);
  // The receiver has one sender at a time.
  for (const { page } of [sender, receiver]) await expectError(page, 'PEER_LEFT');
  await receiver.expectNothingSaved();
  await waitForParticipants(next, 2);
  await expect(next.getByTestId('error-message')).toBeHidden();
});
