// A password between sender and receiver: nobody else learns it, and nothing is offered without it.

import { sha256OfDownload, makeFile, MB } from '../support/files';
import { expect, test } from '../support/fixtures';
import { perkoon, waitForBytes, waitForParticipants, waitForStatus } from '../support/hooks';
import { Receiver } from '../support/receiver';
import { Sender } from '../support/sender';
import { createSession } from '../support/sessions';
import { breakConnection, traffic, watchTraffic } from '../support/traffic';

const PASSWORD = 'correct horse bättery';

async function expectProtected(...sides: { page: Sender['page'] }[]): Promise<void> {
  for (const { page } of sides) {
    await expect.poll(async () => (await perkoon(page)).session).toMatchObject({ passwordProtected: true, verification: null });
  }
}

async function deliver(sender: Sender, receiver: Receiver, file: { path: string; name: string; sha256: string }): Promise<void> {
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  await receiver.complete();
  expect(await sha256OfDownload(receiver.downloads.at(-1)!)).toBe(file.sha256);
  await waitForStatus(sender.page, ['complete']);
}

for (const mode of ['people', 'agent'] as const) {
  test(`the right password, ${mode}`, async ({ contexts, url, directory }) => {
    const file = await makeFile(directory, 'file.bin', 3 * MB);
    const sender = await Sender.open(contexts[0], url, { password: PASSWORD, agent: mode === 'agent' });
    expect(sender.shareUrl).toBe(`${url}/${sender.code}`);
    const receiver = await Receiver.open(contexts[1], sender.shareUrl, mode);
    const input = receiver.page.getByTestId('password-input');
    await expect(input).toBeFocused();
    await expect(input).toHaveAttribute('type', 'password');
    await expect(input).toHaveAttribute('autocomplete', 'off');
    await receiver.page.keyboard.type(PASSWORD);
    await receiver.page.keyboard.press('Enter');
    await expect(input).not.toBeAttached();
    await deliver(sender, receiver, file);
    await expectProtected(sender, receiver);
  });
}

test('nothing is offered before the password is proven, whoever presses Start when', async ({ contexts, url, directory }) => {
  const file = await makeFile(directory, 'file.bin', 1000);
  const sender = await Sender.open(contexts[0], url, { password: PASSWORD });
  await sender.add(file.path);
  const receiver = await Receiver.open(contexts[1], sender.shareUrl);
  await expect(receiver.page.getByTestId('password-input')).toBeVisible();
  await sender.offer();
  await waitForStatus(sender.page, ['connecting']);
  await expect(sender.page.getByRole('heading', { level: 1 })).toHaveText('Waiting for the password');
  expect((await perkoon(receiver.page)).files).toEqual([]);
  await receiver.tryPassword(PASSWORD);
  await receiver.accept();
  await receiver.complete();
});

test('a start that is taken back while the password is typed offers nothing', async ({ contexts, url, directory }) => {
  const sender = await Sender.open(contexts[0], url, { password: PASSWORD });
  await sender.add((await makeFile(directory, 'file.bin', 1000)).path);
  const receiver = await Receiver.open(contexts[1], sender.shareUrl);
  await expect(receiver.page.getByTestId('password-input')).toBeVisible();
  await sender.offer();
  await sender.page.getByTestId('transfer-cancel').click();
  await waitForStatus(sender.page, ['cancelled']);
  await receiver.tryPassword(PASSWORD);
  await expect(receiver.page.getByTestId('password-input')).not.toBeAttached();
  expect((await perkoon(receiver.page)).transfer.status).toBe('ready');
  expect((await perkoon(sender.page)).transfer.status).toBe('cancelled');
});

test('a wrong password is said to both, and asked again', async ({ contexts, url, directory }) => {
  const file = await makeFile(directory, 'file.bin', 1000);
  const sender = await Sender.open(contexts[0], url, { password: PASSWORD });
  const receiver = await Receiver.open(contexts[1], sender.shareUrl);
  const { page } = receiver;
  await page.evaluate(() => {
    const told: unknown[] = [];
    Object.assign(window, { told });
    document.addEventListener('perkoon:transfer:error', ({ detail }) => told.push(detail.error?.code));
  });
  for (const left of [4, 3]) {
    await receiver.tryPassword('guess');
    await expect(page.getByTestId('error-message')).toHaveAttribute('data-code', 'WRONG_PASSWORD');
    await expect(page.getByTestId('error-message')).toContainText(`${left} tries are left`);
    await expect(page.getByTestId('password-input')).toHaveValue('');
    await expect(page.getByTestId('password-input')).toBeFocused();
    await expect(sender.page.getByText(`Someone tried a wrong password. ${left} tries are left`)).toBeVisible();
  }
  const { transfer } = await perkoon(page);
  expect(transfer).toMatchObject({ status: 'ready', error: { code: 'WRONG_PASSWORD', retryable: true } });
  expect(await page.evaluate(() => (window as unknown as { told: string[] }).told)).toEqual(['WRONG_PASSWORD', 'WRONG_PASSWORD']);
  await receiver.tryPassword(PASSWORD);
  await deliver(sender, receiver, file);
  expect((await perkoon(page)).transfer.error).toBeNull();
  await expect(sender.page.getByText('Someone tried')).toHaveCount(0);
});

test('five wrong passwords, over two receivers, lock the session until the sender unlocks it', async ({ contexts, browser, url, directory }) => {
  const file = await makeFile(directory, 'file.bin', 1000);
  const sender = await Sender.open(contexts[0], url, { password: PASSWORD });
  const first = await Receiver.open(contexts[1], sender.shareUrl);
  for (const left of ['4 tries are', '3 tries are', '2 tries are']) {
    await first.tryPassword('guess');
    await expect(first.page.getByTestId('error-message')).toContainText(left);
  }
  await first.page.close();
  await waitForParticipants(sender.page, 1);

  const context = await browser.newContext();
  const receiver = await Receiver.open(context, sender.shareUrl);
  await receiver.tryPassword('guess');
  await expect(receiver.page.getByTestId('error-message')).toContainText('One try is left');
  await receiver.tryPassword('guess');
  for (const { page } of [sender, receiver]) {
    await expect(page.getByTestId('error-message')).toHaveAttribute('data-code', 'PASSWORD_LOCKED');
    expect((await perkoon(page)).transfer.error).toMatchObject({ code: 'PASSWORD_LOCKED', retryable: false });
  }
  await expect(receiver.page.getByTestId('password-input')).toBeDisabled();
  await expect(receiver.page.getByTestId('password-submit')).toBeDisabled();

  // As locked as it was, although the page has forgotten everything else.
  await sender.page.reload();
  await expect(sender.page.getByTestId('error-message')).toHaveAttribute('data-code', 'PASSWORD_LOCKED');
  await receiver.tryPassword(PASSWORD);
  await expect(receiver.page.getByTestId('error-message')).toHaveAttribute('data-code', 'PASSWORD_LOCKED');
  await sender.add(file.path);
  expect((await perkoon(sender.page)).transfer).toMatchObject({ status: 'ready', error: { code: 'PASSWORD_LOCKED' } });
  await sender.page.getByTestId('password-unlock').click();
  await expect(sender.page.getByTestId('error-message')).toHaveCount(0);
  await expect(receiver.page.getByTestId('error-message')).toHaveCount(0);
  await expect(receiver.page.getByTestId('password-input')).toBeFocused();
  await receiver.tryPassword(PASSWORD);
  await sender.offer();
  await receiver.accept();
  await receiver.complete();
  await context.close();
});

test('a session that the last guess has locked says so when whoever guessed has gone', async ({ contexts, url, directory }) => {
  const sender = await Sender.open(contexts[0], url, { password: PASSWORD });
  await sender.add((await makeFile(directory, 'file.bin', 1000)).path);
  const receiver = await Receiver.open(contexts[1], sender.shareUrl);
  await sender.offer();
  for (let tried = 0; tried < 5; tried += 1) await receiver.tryPassword('guess');
  await expect(sender.page.getByTestId('error-message')).toHaveAttribute('data-code', 'PASSWORD_LOCKED');
  await receiver.page.close();
  await waitForParticipants(sender.page, 1);
  expect((await perkoon(sender.page)).transfer).toMatchObject({ status: 'ready', error: { code: 'PASSWORD_LOCKED' } });
  await sender.page.getByTestId('password-unlock').click();
  await expect(sender.page.getByTestId('error-message')).toHaveCount(0);
});

test('however it is typed, it is the same password', async ({ contexts, url }) => {
  const sender = await Sender.open(contexts[0], url, { password: 'Zürich'.normalize('NFD') });
  const receiver = await Receiver.open(contexts[1], sender.shareUrl);
  await receiver.tryPassword('Zürich'.normalize('NFC'));
  await expect(receiver.page.getByTestId('password-input')).not.toBeAttached();
  expect((await perkoon(receiver.page)).transfer.error).toBeNull();
});

test('what is typed can be shown, and is at most 1,000 characters', async ({ page, url }) => {
  await page.goto(`${url}/create`);
  const field = page.getByTestId('create-password');
  await field.fill('x'.repeat(1001));
  await expect(field).toHaveAttribute('type', 'password');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(field).toHaveAttribute('type', 'text');
  await page.getByTestId('tos-accept').check();
  await page.getByTestId('create-start').click();
  await expect(page.getByTestId('error-message')).toHaveText(/1,000 characters/);
  await field.fill('x'.repeat(1000));
  await page.getByTestId('create-start').click();
  await expect(page.getByTestId('session-code')).toBeVisible();
  expect((await perkoon(page)).session!.passwordProtected).toBe(true);
});

test('the password stays on the two devices', async ({ contexts, url, directory }) => {
  const secret = 'unmistakable-secret';
  const heard: string[] = [];
  for (const context of contexts) {
    context.on('request', (request) => heard.push(request.url(), request.postData() ?? ''));
    context.on('console', (message) => heard.push(message.text()));
    context.on('page', (page) => page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => heard.push(String(payload)))));
  }
  const sender = await Sender.open(contexts[0], url, { password: secret });
  const receiver = await Receiver.open(contexts[1], sender.shareUrl);
  await receiver.tryPassword(`not the ${secret}`);
  await receiver.tryPassword(secret);
  await deliver(sender, receiver, await makeFile(directory, 'file.bin', 1000));
  expect(heard.length).toBeGreaterThan(10);
  expect(heard.join('\n')).not.toContain('secret');
  for (const { page } of [sender, receiver]) {
    expect(page.url()).not.toContain('secret');
    expect(JSON.stringify(await perkoon(page))).not.toContain('secret');
  }
});

test('a sender that loads its page again still asks for the password', async ({ contexts, url, directory }) => {
  const file = await makeFile(directory, 'file.bin', 1000);
  const sender = await Sender.open(contexts[0], url, { password: PASSWORD });
  await sender.page.reload();
  await waitForParticipants(sender.page, 1);
  await expectProtected(sender);
  const receiver = await Receiver.open(contexts[1], sender.shareUrl);
  await receiver.tryPassword('guess');
  await expect(receiver.page.getByTestId('error-message')).toHaveAttribute('data-code', 'WRONG_PASSWORD');
  await receiver.tryPassword(PASSWORD);
  await expect(receiver.page.getByTestId('password-input')).not.toBeAttached();
  // What the receiver has proven once it proves to the next page by itself.
  await sender.page.reload();
  await deliver(sender, receiver, file);
  await expectProtected(sender, receiver);
});

test('a receiver that loads its page again is asked again', async ({ contexts, url, directory }) => {
  const sender = await Sender.open(contexts[0], url, { password: PASSWORD });
  const receiver = await Receiver.open(contexts[1], sender.shareUrl);
  await receiver.tryPassword(PASSWORD);
  await expect(receiver.page.getByTestId('password-input')).not.toBeAttached();
  await receiver.page.reload();
  await receiver.tryPassword(PASSWORD);
  await deliver(sender, receiver, await makeFile(directory, 'file.bin', 1000));
});

test('a connection that breaks asks nobody for anything', async ({ contexts, url, medium }) => {
  for (const context of contexts) await context.addInitScript(watchTraffic);
  const sender = await Sender.open(contexts[0], url, { password: PASSWORD });
  const receiver = await Receiver.open(contexts[1], sender.shareUrl);
  await receiver.tryPassword(PASSWORD);
  await sender.add(medium.path);
  await sender.offer();
  await receiver.accept();
  await receiver.page.evaluate(() => {
    const asked = { times: 0 };
    Object.assign(window, { asked });
    new MutationObserver(() => (asked.times += document.querySelectorAll('form').length)).observe(document, { subtree: true, childList: true });
  });
  await waitForBytes(receiver.page, medium.size * 0.3);
  await breakConnection(sender.page);
  const [download] = await receiver.complete();
  expect(await sha256OfDownload(download!)).toBe(medium.sha256);
  expect((await traffic(sender.page)).connections).toBe(2);
  expect(await receiver.page.evaluate(() => (window as unknown as { asked: { times: number } }).asked.times)).toBe(0);
  await expectProtected(sender, receiver);
});

test('a transfer waits for a receiver that loads its page again and takes its time with the password', async ({ contexts, url, medium }) => {
  test.setTimeout(90_000);
  await contexts[0].addInitScript(watchTraffic);
  const sender = await Sender.open(contexts[0], url, { password: PASSWORD });
  const receiver = await Receiver.open(contexts[1], sender.shareUrl);
  await receiver.tryPassword(PASSWORD);
  await sender.add(medium.path);
  await sender.offer();
  await receiver.accept();
  await waitForBytes(receiver.page, MB);
  await receiver.page.reload();
  const input = receiver.page.getByTestId('password-input');
  await input.fill('half of the pass');
  const { connections } = await traffic(sender.page);
  // Longer than a connection may take on which the other side says nothing.
  await sender.page.waitForTimeout(13_000);
  expect((await traffic(sender.page)).connections).toBe(connections);
  await expect(input).toHaveValue('half of the pass');
  await receiver.tryPassword(PASSWORD);
  await receiver.accept();
  await receiver.complete();
  expect(await sha256OfDownload(receiver.downloads.at(-1)!)).toBe(medium.sha256);
  await waitForStatus(sender.page, ['complete']);
});

test('two receivers, one after the other, each have to know it', async ({ contexts, browser, url, directory }) => {
  const sender = await Sender.open(contexts[0], url, { password: PASSWORD });
  const first = await Receiver.open(contexts[1], sender.shareUrl);
  await first.tryPassword(PASSWORD);
  await deliver(sender, first, await makeFile(directory, 'one.bin', 1000));
  await first.page.close();
  await waitForParticipants(sender.page, 1);
  await sender.page.getByRole('button', { name: 'Send more' }).click();

  const context = await browser.newContext();
  const second = await Receiver.open(context, sender.shareUrl);
  await second.tryPassword('guess');
  await expect(second.page.getByTestId('error-message')).toHaveAttribute('data-code', 'WRONG_PASSWORD');
  await second.tryPassword(PASSWORD);
  await deliver(sender, second, await makeFile(directory, 'two.bin', 1000));
  await context.close();
});

test('a session made elsewhere takes a password, too', async ({ contexts, request, url, directory }) => {
  const session = await createSession(request, url);
  const page = await contexts[0].newPage();
  await page.goto(`${session.sender_url.replace('#', '?agent=true#')}`);
  const sender = await Sender.start(page, { password: PASSWORD });
  await expectProtected(sender);
  const receiver = await Receiver.open(contexts[1], session.share_url);
  await receiver.tryPassword(PASSWORD);
  await deliver(sender, receiver, await makeFile(directory, 'file.bin', 1000));
  await expectProtected(receiver);
});

test('without what proves passwords there is no session, and it can be tried again', async ({ contexts, url }) => {
  for (const context of contexts) await context.route(/page_tools/, (route) => route.abort());
  const page = await contexts[0].newPage();
  await page.goto(`${url}/create`);
  await page.getByTestId('create-password').fill(PASSWORD);
  await page.getByTestId('tos-accept').check();
  await page.getByTestId('create-start').click();
  await expect(page.getByTestId('error-message')).toHaveAttribute('data-code', 'SIGNALING_LOST');
  expect((await perkoon(page)).transfer.error!.retryable).toBe(true);
  expect((await perkoon(page)).session?.code ?? '').toBe('');
  await expect(page.getByTestId('create-password')).toHaveValue(PASSWORD);
  await contexts[0].unroute(/page_tools/);
  const sender = await Sender.start(page);
  await expectProtected(sender);

  const receiver = await Receiver.open(contexts[1], sender.shareUrl);
  await receiver.tryPassword(PASSWORD);
  await expect(receiver.page.getByTestId('error-message')).toHaveAttribute('data-code', 'SIGNALING_LOST');
  await expect(receiver.page.getByTestId('password-input')).toHaveValue(PASSWORD);
  await contexts[1].unroute(/page_tools/);
  await receiver.page.getByTestId('password-submit').click();
  await expect(receiver.page.getByTestId('password-input')).not.toBeAttached();
});
