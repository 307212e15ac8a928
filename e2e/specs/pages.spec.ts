// Every page as a page: reachable, accessible, usable by keyboard, honest about what is not there.

import type { Page } from '@playwright/test';
import { expectAccessible } from '../support/accessibility';
import { expect, test } from '../support/fixtures';
import { makeFile } from '../support/files';
import { Sender } from '../support/sender';

const STATIC = { home: '/', create: '/create', automate: '/automate', terms: '/terms', privacy: '/privacy', 'not-found': '/nowhere', 'invalid-code': '/K7MX4QPR9W2' };

for (const [name, path] of Object.entries(STATIC)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`axe finds nothing serious on ${name}, ${colorScheme}`, async ({ page, url }) => {
      await page.emulateMedia({ colorScheme });
      await page.goto(url + path);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expectAccessible(page);
    });
  }
}

test('unknown addresses are real 404s, and files are not pages', async ({ request, page, url }) => {
  for (const path of ['/nowhere', '/no/such/page', '/no-such-file.js']) {
    expect((await request.get(url + path)).status(), path).toBe(404);
  }
  for (const path of ['/', '/create', '/automate', '/terms', '/privacy', '/K7MX4QPR9W2N']) {
    const answer = await request.get(url + path);
    expect(answer.status(), path).toBe(200);
    expect(answer.headers()['content-type'], path).toMatch(/^text\/html/);
  }
  await page.goto(`${url}/nowhere`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.getByRole('main').getByRole('link').first().click();
  await expect(page).toHaveURL(`${url}/`);
});

test('static files are compressed and typed, and hashed ones never change', async ({ page, url }) => {
  const answers = new Map<string, Record<string, string>>();
  page.on('response', (response) => answers.set(new URL(response.url()).pathname, response.headers()));
  await page.goto(url);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  const [[wasm, headers]] = [...answers].filter(([path]) => path.endsWith('.wasm')) as [[string, Record<string, string>]];
  expect(headers['content-type'], wasm).toBe('application/wasm');
  expect(headers['content-encoding'], wasm).toMatch(/^(br|gzip)$/);
  expect(headers['cache-control'], wasm).toContain('immutable');
  expect(answers.get('/')!['cache-control']).not.toContain('immutable');
});

for (const spelling of ['k7mx4qpr9w2n', 'K7MX-4QPR-9W2N', 'k7mx 4qpr 9w2n']) {
  test(`a code in any spelling leads to the canonical address: ${spelling}`, async ({ page, url }) => {
    await page.goto(`${url}/${encodeURIComponent(spelling)}?from=mail#part`);
    await expect(page).toHaveURL(`${url}/K7MX4QPR9W2N?from=mail#part`);
  });
}

test('a slash behind an address changes nothing, and a wrong address leads home from any depth', async ({ page, url }) => {
  for (const path of ['/create', '/K7MX4QPR9W2N']) {
    await page.goto(`${url}${path}/?from=mail#part`);
    await expect(page).toHaveURL(`${url}${path}?from=mail#part`);
    await expect(page.getByTestId('p2p-session').or(page.getByTestId('tos-accept'))).toBeVisible();
  }
  const answer = await page.goto(`${url}/no/such/page`);
  expect(answer!.status()).toBe(404);
  expect((await page.reload())!.status()).toBe(404);
  await page.getByRole('main').getByRole('link').first().click();
  await expect(page).toHaveURL(`${url}/`);
});

test('agent mode is remembered for the tab and leaves a clean address', async ({ page, url }) => {
  await page.goto(`${url}/create?agent=true`);
  await expect(page).toHaveURL(`${url}/create`);
  const sender = await Sender.start(page);
  await expect(page).toHaveURL(sender.shareUrl);
});

test('the code, the link and the QR code are there to share', async ({ context, url }) => {
  await context.grantPermissions(['clipboard-write'], { origin: url });
  const { page, code, shareUrl } = await Sender.open(context, url);
  expect(code).toMatch(/^[2-9A-HJKMNP-TV-Z]{12}$/);
  expect(shareUrl).toBe(`${url}/${code}`);
  await expect(page.getByTestId('p2p-session')).toHaveAttribute('data-session-code', code);
  await expect(page.getByTestId('p2p-session')).toHaveAttribute('data-role', 'sender');
  expect((await page.getByTestId('session-code').innerText()).replace(/\s/g, '')).toContain(code);
  await expect(page.getByTestId('share-qr')).toBeVisible();
  await page.getByTestId('copy-link').click();
  await expect(page.getByTestId('copy-link')).toHaveText(/Copied/);
  // The page may not read the clipboard: it is told what a person pastes.
  await page.evaluate(() => document.addEventListener('paste', (event) => Object.assign(window, { pasted: event.clipboardData!.getData('text') })));
  await page.keyboard.press('ControlOrMeta+v');
  await expect.poll(() => page.evaluate(() => (window as { pasted?: string }).pasted)).toBe(shareUrl);
});

async function tabTo(page: Page, testid: string): Promise<void> {
  for (let presses = 0; presses < 30; presses += 1) {
    await page.keyboard.press('Tab');
    if ((await page.evaluate(() => document.activeElement?.getAttribute('data-testid'))) === testid) return;
  }
  throw new Error(`thirty presses of Tab do not reach ${testid}`);
}

test('a session starts by keyboard alone', async ({ page, url }) => {
  await page.goto(`${url}/create`);
  await expect(page.getByTestId('create-start')).toBeDisabled();
  await tabTo(page, 'tos-accept');
  await page.keyboard.press('Space');
  await tabTo(page, 'create-start');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('session-code')).toBeVisible();
});

test('the confirmation keeps the focus, is closed by Escape, and can be switched off', async ({ page, url, directory }) => {
  await page.goto(`${url}/create`);
  await Sender.start(page);
  const file = await makeFile(directory, 'staged.bin', 1000);
  const confirm = page.getByTestId('confirm-ok');

  await page.setInputFiles('[data-testid="file-input"]', file.path);
  await expect(confirm).toBeVisible();
  for (let presses = 0; presses < 8; presses += 1) {
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement === document.body || Boolean(document.activeElement?.closest('dialog')))).toBe(true);
  }
  await page.keyboard.press('Escape');
  await expect(confirm).toBeHidden();
  await expect(page.getByTestId('file-row')).toHaveCount(0);

  await page.setInputFiles('[data-testid="file-input"]', file.path);
  await page.getByTestId('confirm-skip').check();
  await confirm.click();
  await expect(page.getByTestId('file-row')).toHaveCount(1);
  expect(await page.evaluate(() => localStorage.getItem('perkoon_skip_confirm_staged-confirm'))).toBe('true');
});

test('nothing sticks out at 360 pixels', async ({ page, url }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const path of Object.values(STATIC)) {
    await page.goto(url + path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow, path).toBeLessThanOrEqual(0);
  }
});
