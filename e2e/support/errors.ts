import { type Page, expect } from '@playwright/test';
import { perkoon, waitForStatus } from './hooks';
import { look } from './look';

/** What a page says of a failure. */
export interface Said {
  readonly code: string;
  readonly message: string;
}

/** The page says exactly this of what went wrong, to people and to scripts. */
export async function expectSaid(page: Page, { code, message }: Said, timeout?: number): Promise<void> {
  await waitForStatus(page, ['error'], timeout);
  await expect(page.getByTestId('error-message')).toHaveText(message);
  await expect(page.getByTestId('error-message')).toHaveAttribute('data-code', code);
  expect((await perkoon(page)).transfer.error).toMatchObject({ code, message });
}

/** The page says what went wrong: in a sentence to people, by code to scripts; and looks as it should. */
export async function expectError(page: Page, codes: string | string[], timeout = 20_000): Promise<void> {
  const wanted = [codes].flat();
  const message = page.getByTestId('error-message').filter({ visible: true }).first();
  await expect(message).toBeVisible({ timeout });
  await expect(message).toHaveText(/\p{L}+ .*\.$/su);
  expect(wanted).toContain(await message.getAttribute('data-code'));
  const error = await page.evaluate(() => window.__perkoon.transfer.error);
  expect(error, 'window.__perkoon.transfer.error').not.toBeNull();
  expect(wanted).toContain(error!.code);
  expect(error!.message.length).toBeGreaterThan(0);
  await look(page, `error-${error!.code.toLowerCase()}-${await page.evaluate(() => window.__perkoon.session?.role ?? 'nobody')}`);
}
