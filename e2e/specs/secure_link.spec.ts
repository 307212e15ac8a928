// A secret in the link: used as the password, never sent, and out of the address bar at once.

import { makeFile, sha256OfDownload } from '../support/files';
import { expect, test } from '../support/fixtures';
import { perkoon, waitForParticipants, waitForStatus } from '../support/hooks';
import { Receiver } from '../support/receiver';
import { Sender } from '../support/sender';

for (const mode of ['people', 'agent'] as const) {
  test(`whoever has the whole link is let in without a question, ${mode}`, async ({ contexts, url, directory }) => {
    const file = await makeFile(directory, 'file.bin', 100_000);
    const asked: string[] = [];
    for (const context of contexts) context.on('request', (request) => asked.push(request.url(), request.postData() ?? ''));
    const sender = await Sender.open(contexts[0], url, { secureLink: true, agent: mode === 'agent' });
    expect(sender.shareUrl).toMatch(new RegExp(`^${url}/${sender.code}#s=[0-9a-f]{32}$`));
    await expect(sender.page.getByTestId('share-url')).toHaveAttribute('href', sender.shareUrl);
    const receiver = await Receiver.open(contexts[1], sender.shareUrl, mode);
    await expect(receiver.page).toHaveURL(`${url}/${sender.code}`);
    await sender.add(file.path);
    await sender.offer();
    await receiver.accept();
    const [download] = await receiver.complete();
    expect(await sha256OfDownload(download!)).toBe(file.sha256);
    await waitForStatus(sender.page, ['complete']);
    for (const { page } of [sender, receiver]) {
      expect((await perkoon(page)).session).toMatchObject({ passwordProtected: true, verification: null });
    }
    expect(asked.join('\n')).not.toContain(sender.shareUrl.split('#s=')[1]!);
  });
}

test('copying takes the whole link along', async ({ context, url }) => {
  await context.grantPermissions(['clipboard-write'], { origin: url });
  const { page, shareUrl } = await Sender.open(context, url, { secureLink: true });
  await page.getByTestId('copy-link').click();
  await expect(page.getByTestId('copy-link')).toHaveText(/Copied/);
  // The page may not read the clipboard: it is told what a person pastes.
  await page.evaluate(() => document.addEventListener('paste', (event) => Object.assign(window, { pasted: event.clipboardData!.getData('text') })));
  await page.keyboard.press('ControlOrMeta+v');
  await expect.poll(() => page.evaluate(() => (window as { pasted?: string }).pasted)).toBe(shareUrl);
});

test('both pages may be loaded again', async ({ contexts, url, directory }) => {
  const file = await makeFile(directory, 'file.bin', 1000);
  const sender = await Sender.open(contexts[0], url, { secureLink: true });
  const receiver = await Receiver.open(contexts[1], sender.shareUrl);
  await waitForParticipants(receiver.page, 2);
  for (const { page } of [sender, receiver]) await page.reload();
  await waitForParticipants(sender.page, 2);
  expect((await perkoon(sender.page)).session!.shareUrl).toBe(sender.shareUrl);
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  await receiver.complete();
});

test('a code in any spelling keeps its secret', async ({ contexts, url }) => {
  const sender = await Sender.open(contexts[0], url, { secureLink: true });
  const spelled = sender.code.toLowerCase().replace(/(....)(?=.)/g, '$1-');
  const receiver = await Receiver.open(contexts[1], sender.shareUrl.replace(sender.code, spelled));
  await expect(receiver.page).toHaveURL(`${url}/${sender.code}`);
  await expect(sender.page.getByText('nobody is in between')).toBeVisible();
});

test('a link that was cut off is refused, and the whole link works in the same tab', async ({ contexts, url, directory }) => {
  const file = await makeFile(directory, 'file.bin', 1000);
  const sender = await Sender.open(contexts[0], url, { secureLink: true });
  const receiver = await Receiver.open(contexts[1], sender.shareUrl.slice(0, -4), 'people');
  await waitForStatus(receiver.page, ['error']);
  await expect(receiver.page.getByTestId('error-message')).toHaveAttribute('data-code', 'WRONG_PASSWORD');
  await expect(receiver.page.getByTestId('error-message')).toContainText('Open the full link again');
  await waitForParticipants(sender.page, 1);
  expect((await perkoon(receiver.page)).files).toEqual([]);
  await receiver.page.goto(sender.shareUrl);
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  await receiver.complete();
});

test('the code alone opens nothing, until the whole link is pasted', async ({ contexts, url }) => {
  const sender = await Sender.open(contexts[0], url, { secureLink: true });
  const receiver = await Receiver.open(contexts[1], `${url}/${sender.code}`, 'people');
  await receiver.tryPassword('guess');
  await expect(receiver.page.getByTestId('error-message')).toHaveAttribute('data-code', 'WRONG_PASSWORD');
  await receiver.page.goto(url);
  await receiver.page.getByRole('textbox', { name: /code/i }).fill(sender.shareUrl);
  await receiver.page.getByRole('button', { name: 'Receive' }).click();
  await expect(receiver.page).toHaveURL(`${url}/${sender.code}`);
  await expect(sender.page.getByText('nobody is in between')).toBeVisible();
});

test('a locked session is opened by the sender, and the link then works by itself', async ({ contexts, browser, url }) => {
  const sender = await Sender.open(contexts[0], url, { secureLink: true });
  const guesser = await Receiver.open(contexts[1], `${url}/${sender.code}`);
  for (const told of ['4 tries', '3 tries', '2 tries', 'One try', 'unlock']) {
    await guesser.tryPassword('guess');
    await expect(guesser.page.getByTestId('error-message')).toContainText(told);
  }
  await guesser.page.close();
  const context = await browser.newContext();
  const receiver = await Receiver.open(context, sender.shareUrl);
  await expect(receiver.page.getByTestId('error-message')).toHaveAttribute('data-code', 'PASSWORD_LOCKED');
  await expect(receiver.page.getByTestId('password-input')).toHaveCount(0);
  await sender.page.getByTestId('password-unlock').click();
  await expect(receiver.page.getByTestId('error-message')).toHaveCount(0);
  await expect(sender.page.getByText('nobody is in between')).toBeVisible();
  await context.close();
});

test('a sender who asks for nothing is not believed by who has a secret', async ({ contexts, url }) => {
  const sender = await Sender.open(contexts[0], url);
  const receiver = await Receiver.open(contexts[1], `${sender.shareUrl}#s=AAAAAAAAAAAAAAAAAAAAAA`, 'people');
  await waitForStatus(receiver.page, ['error']);
  await expect(receiver.page.getByTestId('error-message')).toHaveAttribute('data-code', 'WRONG_PASSWORD');
  await expect(receiver.page.getByTestId('error-message')).toContainText('it may be someone else. Nothing was transferred.');
  await waitForStatus(sender.page, ['error']);
  await expect(sender.page.getByTestId('error-message')).toContainText('expects a password');
});

test('without the secret the link is what it always was', async ({ context, url }) => {
  const { page, shareUrl, code } = await Sender.open(context, url);
  expect(shareUrl).toBe(`${url}/${code}`);
  expect((await perkoon(page)).session).toMatchObject({ shareUrl, passwordProtected: false });
});
