// The founding document's "Manual sender flow" and "Manual receiver flow", step for step, with no other selectors than its own
// and, for the terms box and Start, roles and labels. Nothing of the suite's page objects is used here.

import { basename } from 'node:path';
import type { BrowserContext, Download, Page } from '@playwright/test';
import { full } from '../support/browser';
import { type SeededFile, makeFile, sha256OfFile } from '../support/files';
import { expect, test } from '../support/fixtures';

const FLOWS = full ? 200 : 8;
/** The smaller a file is, the narrower the gap between its last byte and its download's announcement. */
const SIZES = [200_000, 1, 5_000, 0];

test(`the seed's manual flows, ${FLOWS} times in a row`, async ({ browser, url, directory }) => {
  test.setTimeout(FLOWS * 20_000);
  for (let flow = 1; flow <= FLOWS; flow += 1) {
    await test.step(`flow ${flow}`, async () => {
      const file = await makeFile(directory, `report ${flow}.bin`, SIZES[flow % SIZES.length]!);
      const [from, to] = [await browser.newContext(), await browser.newContext()];
      await sendAndReceive(from, to, url, file, directory);
      await from.close();
      await to.close();
    });
  }
});

async function sendAndReceive(from: BrowserContext, to: BrowserContext, url: string, file: SeededFile, directory: string) {
  const sender = await from.newPage();
  const code = await startSession(sender, url);
  const sent = send(sender, file);
  const received = await receive(await to.newPage(), url, code, directory);
  await sent;
  expect(received).toHaveLength(1);
  expect(basename(received[0]!)).toBe(file.name);
  expect(await sha256OfFile(received[0]!)).toBe(file.sha256);
}

/** Open /create, accept the terms, click Start. */
async function startSession(page: Page, url: string): Promise<string> {
  await page.goto(`${url}/create`);
  await page.getByRole('checkbox', { name: /terms/i }).check();
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await page.waitForURL(/\/[2-9A-HJKMNP-TV-Z]{12}$/);
  return new URL(page.url()).pathname.slice(1);
}

async function send(page: Page, file: SeededFile): Promise<void> {
  await page.evaluate(() => {
    localStorage.setItem('perkoon_skip_confirm_direct-confirm', 'true');
    localStorage.setItem('perkoon_skip_confirm_staged-confirm', 'true');
  });
  await page.setInputFiles('[data-testid="file-input"]', file.path);
  await page.waitForFunction(() => window.__perkoon?.participants?.length >= 2, null, { timeout: 300_000 });
  await page.click('[data-testid="start-transfer"]');
  await page.waitForFunction(() => window.__perkoon?.transfer?.status === 'complete', null, { timeout: 600_000 });
}

/** Answers with the saved files. */
async function receive(page: Page, url: string, code: string, directory: string): Promise<string[]> {
  const downloads: Download[] = [];
  page.on('download', (download) => downloads.push(download));
  await page.goto(`${url}/${code}?agent=true`);
  await page.waitForSelector('[data-testid="transfer-accept"]');
  if (await page.isVisible('[data-testid="transfer-tos-checkbox"]')) await page.click('[data-testid="transfer-tos-checkbox"]');
  await page.click('[data-testid="transfer-accept"]');
  await page.waitForFunction(() => window.__perkoon?.transfer?.status === 'complete', null, { timeout: 600_000 });
  // Whatever has not been announced by now is lost to a script.
  const saved = [];
  for (const download of [...downloads]) {
    const target = `${directory}/received/${basename(download.suggestedFilename())}`;
    await download.saveAs(target);
    saved.push(target);
  }
  return saved;
}
