import type { Page } from '@playwright/test';
import { expectAccessible } from './accessibility';
import { screenshots } from './screenshots';

/** Has axe look at a page's state, and keeps it as screenshots. */
export async function look(page: Page, name: string): Promise<void> {
  await screenshots(page, name);
  await expectAccessible(page);
}
