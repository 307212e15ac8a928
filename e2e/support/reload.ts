import type { Page } from '@playwright/test';

/** Loads a page again; a person is asked first. */
export async function reload(page: Page): Promise<void> {
  page.once('dialog', (dialog) => void dialog.accept());
  await page.reload();
}
