import path from 'node:path';
import type { Page } from '@playwright/test';
import { outputDirectory } from './files';

const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };
const SCHEMES = ['light', 'dark'] as const;

/** Takes the page as it is, on a phone and a desktop, in light and dark, to `output/screenshots`; runs `check` in each, while nothing moves. */
export async function screenshots(page: Page, name: string, check?: (page: Page) => Promise<void>): Promise<void> {
  const before = page.viewportSize();
  for (const [device, size] of Object.entries(SIZES)) {
    await page.setViewportSize(size);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const file = path.join(outputDirectory('screenshots'), `${name}-${device}-${colorScheme}.png`);
      await page.screenshot({ path: file, fullPage: true, animations: 'disabled' });
      await check?.(page);
    }
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  if (before) await page.setViewportSize(before);
}
