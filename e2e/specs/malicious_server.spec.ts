// A server that lies: it swaps the certificates' fingerprints and stands in the middle, or says that there is no password.

import path from 'node:path';
import { MB, makeFile } from '../support/files';
import { expect, test as base } from '../support/fixtures';
import { MaliciousServer } from '../support/malicious_server';
import { Receiver } from '../support/receiver';
import { Sender } from '../support/sender';

const PASSWORD = 'correct horse battery';
const NAME = 'the merger contract.pdf';

const test = base.extend<{ malicious: MaliciousServer }>({
  malicious: async ({ browser, url }, use) => {
    const context = await browser.newContext();
    const server = await MaliciousServer.start(url, context);
    await use(server);
    await server.stop();
    await context.close();
  },
});

/** The link as that server would give it out, whose name is not in the answers of the one behind it. */
function linkTo(url: string, { shareUrl }: Sender): string {
  const { pathname, hash } = new URL(shareUrl);
  return new URL(pathname + hash, url).href;
}

/** Nothing of the files has gone through the server's hands: neither their names, nor how many or how large they are. */
async function expectNothingLearnt(malicious: MaliciousServer): Promise<void> {
  const heard = await malicious.heard();
  expect(heard.length, 'it did stand in the middle').toBeGreaterThan(2);
  for (const text of heard) expect(['hello', 'nonce', 'share', 'confirm', 'attempts', 'error']).toContain(JSON.parse(text).type);
  expect(heard.join()).not.toContain('merger');
}

test('behind a password, who stands in the middle is refused and learns nothing', async ({ contexts: [from, to], malicious, directory }) => {
  const file = await makeFile(directory, NAME, MB);
  const sender = await Sender.open(from, malicious.url, { password: PASSWORD });
  await sender.add(file.path);
  const receiver = await Receiver.open(to, linkTo(malicious.url, sender));
  await receiver.page.getByTestId('password-input').fill(PASSWORD);
  await receiver.page.getByTestId('password-submit').click();
  await expect(receiver.page.getByTestId('error-message')).toHaveAttribute('data-code', 'WRONG_PASSWORD');
  expect(await receiver.page.evaluate(() => window.__perkoon.transfer.error?.code)).toBe('WRONG_PASSWORD');
  await sender.page.getByTestId('start-transfer').click();
  await expectNothingLearnt(malicious);
  await expect(receiver.page.getByTestId('transfer-accept')).toHaveCount(0);
});

test('with a secure link, who stands in the middle is refused and learns nothing', async ({ contexts: [from, to], malicious, directory }) => {
  const file = await makeFile(directory, NAME, MB);
  const sender = await Sender.open(from, malicious.url, { secureLink: true });
  await sender.add(file.path);
  const receiver = await Receiver.open(to, linkTo(malicious.url, sender));
  const error = receiver.page.getByTestId('error-message');
  await expect(error).toHaveAttribute('data-code', 'WRONG_PASSWORD');
  await expect(error).toContainText('Nothing was transferred');
  // It does not stay with whoever is there.
  await expect(sender.page.getByTestId('start-transfer')).toBeDisabled();
  await expectNothingLearnt(malicious);
  await expect(receiver.page.getByTestId('transfer-accept')).toHaveCount(0);
});

test('without either, the words on the two pages differ', async ({ contexts: [from, to], malicious }) => {
  const sender = await Sender.open(from, malicious.url);
  const receiver = await Receiver.open(to, linkTo(malicious.url, sender));
  const words = [];
  for (const { page } of [sender, receiver]) {
    await page.waitForFunction(() => window.__perkoon.session?.verification?.length === 4);
    words.push(await page.evaluate(() => window.__perkoon.session!.verification!.join(' ')));
  }
  expect((await malicious.heard()).length, 'it did stand in the middle').toBeGreaterThan(2);
  expect(words[0]).not.toBe(words[1]);
});

test('a server that says there is no password changes nothing', async ({ contexts: [from, to], startAltered, directory }) => {
  const file = await makeFile(directory, NAME, MB);
  let stripped = 0;
  const url = await startAltered((at, answer) => {
    if (!/\/(join|status)$/.test(at)) return;
    const text = String(answer.body).replace('"password_protected":true', '"password_protected":false');
    if (text !== String(answer.body)) stripped += 1;
    answer.body = Buffer.from(text);
  });
  const sender = await Sender.open(from, url, { password: PASSWORD });
  const receiver = await Receiver.open(to, linkTo(url, sender));
  await sender.add(file.path);
  await sender.page.getByTestId('start-transfer').click();
  await receiver.page.getByTestId('password-input').fill(PASSWORD);
  await expect(receiver.page.getByTestId('transfer-accept'), 'nothing is offered before').toHaveCount(0);
  await receiver.page.getByTestId('password-submit').click();
  await receiver.accept();
  expect(await receiver.saved()).toEqual(new Map([[path.basename(file.path), file.sha256]]));
  expect(stripped, 'the server lied to both').toBe(2);
});
