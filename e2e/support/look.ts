import type { Page } from '@playwright/test';
import { expectAccessible } from './accessibility';
import { screenshots } from './screenshots';

/** Keeps a page's state as screenshots, and has axe look at each. */
export async function look(page: Page, name: string): Promise<void> {
  await screenshots(page, name, expectAccessible);
}
