// Browsers, and networks, that cannot do what a transfer needs.

import { expectError } from '../../support/errors';
import { expect, test } from '../../support/fixtures';
import { Sender } from '../../support/sender';

test('WebRTC is missing on the receiving side', async ({ contexts, url }) => {
  const sender = await Sender.open(contexts[0], url);
  const page = await contexts[1].newPage();
  await page.addInitScript(() => Reflect.deleteProperty(window, 'RTCPeerConnection'));
  await page.goto(sender.shareUrl);
  await expectError(page, 'BROWSER_UNSUPPORTED');
});

test('WebRTC is missing on the sending side', async ({ page, url }) => {
  await page.addInitScript(() => Reflect.deleteProperty(window, 'RTCPeerConnection'));
  await page.goto(`${url}/create`);
  const start = page.getByTestId('create-start');
  const message = page.getByTestId('error-message');
  await expect(start.or(message).first()).toBeVisible();
  // Whether it is said at once or at Start, it has to be said before there is a code.
  if (!(await message.isVisible())) {
    await page.getByTestId('tos-accept').check();
    await start.click();
  }
  await expectError(page, 'BROWSER_UNSUPPORTED');
  await expect(page.getByTestId('session-code')).toBeHidden();
});

for (const [name, pattern] of [['program', /\.wasm$/], ['loader', /perkoon[^/]*\.js$/]] as const) {
  test(`the page's ${name} fails to load, and the page says so`, async ({ page, url, pageErrors }) => {
    await page.route(pattern, (route) => route.abort());
    await page.goto(url);
    await expect(page.getByRole('alert')).toContainText(/could not start/i);
    await expect(page.getByRole('button', { name: 'Reload' })).toBeVisible();
    pageErrors.length = 0;
  });
}
