// The founding document's "Manual sender flow" and "Manual receiver flow" as a Puppeteer script would have them, step for step. Nothing
// of the suite's page objects is used here. What Puppeteer has no counterpart for are Playwright's `setInputFiles`, which is
// `uploadFile` on the element, and the `download` event: the browser saves into a directory that the script gave it.

import type { Page } from 'puppeteer-core';
import { type SeededFile, makeFile } from '../../support/files';
import { expect, test } from '../../support/puppeteer/fixtures';
import { BROWSERS } from '../../support/puppeteer/launch';

/** The smaller a file is, the narrower the gap between its last byte and its download's announcement. */
const SIZES = [200_000, 1, 5_000, 0];

for (const name of BROWSERS) {
  for (const size of SIZES) {
    test(`the seed's manual flows in ${name}, ${size} bytes`, async ({ openTab, url, directory }) => {
      const file = await makeFile(directory, 'report.bin', size);
      const [from, to] = [await openTab(name, 'sender'), await openTab(name, 'receiver')];
      const code = await startSession(from.page, url);
      const sent = send(from.page, file);
      await receive(to.page, url, code);
      await sent;
      // A busy Firefox says a moment after the page is told that the last byte is taken that it has begun.
      if (name === 'firefox') await expect.poll(() => to.downloads.begun).toHaveLength(1);
      expect(await to.downloads.digests()).toEqual(new Map([[file.name, file.sha256]]));
    });
  }
}

/** Open /create, accept the terms, click Start. */
async function startSession(page: Page, url: string): Promise<string> {
  await page.goto(`${url}/create`);
  await page.locator('::-p-aria([role="checkbox"])').click();
  await page.locator('::-p-aria(Start[role="button"])').click();
  await page.waitForFunction(() => /^\/[2-9A-HJKMNP-TV-Z]{12}$/.test(location.pathname));
  return new URL(page.url()).pathname.slice(1);
}

async function send(page: Page, file: SeededFile): Promise<void> {
  await page.evaluate(() => {
    localStorage.setItem('perkoon_skip_confirm_direct-confirm', 'true');
    localStorage.setItem('perkoon_skip_confirm_staged-confirm', 'true');
  });
  const input = await page.$(`input[data-testid="file-input"]`);
  await input!.uploadFile(file.path);
  await page.waitForFunction(() => window.__perkoon?.participants?.length >= 2, { timeout: 300_000 });
  await page.click('[data-testid="start-transfer"]');
  await page.waitForFunction(() => window.__perkoon?.transfer?.status === 'complete', { timeout: 600_000 });
}

async function receive(page: Page, url: string, code: string): Promise<void> {
  await page.goto(`${url}/${code}?agent=true`);
  await page.waitForSelector('[data-testid="transfer-accept"]');
  if (await page.$('[data-testid="transfer-tos-checkbox"]')) await page.click('[data-testid="transfer-tos-checkbox"]');
  await page.click('[data-testid="transfer-accept"]');
  await page.waitForFunction(() => window.__perkoon?.transfer?.status === 'complete', { timeout: 600_000 });
}
