import { expect } from '@playwright/test';
import type { Browser, Page } from 'puppeteer-core';
import { Display } from './display';
import { Downloads } from './downloads';
import { launchThrottling } from './launch';
import { watchPage } from './watch';

/** One side's browser as people have it: a window on a display of its own, with the page in one tab and something else in another. */
export class Window {
  private constructor(
    private readonly display: Display,
    private readonly browser: Browser,
    readonly downloads: Downloads,
    readonly page: Page,
    private readonly other: Page,
  ) {}

  /** Starts one that saves into `directory`, and notes what its page does that it must not. */
  static async open(directory: string, errors: Error[]): Promise<Window> {
    const display = await Display.start();
    try {
      const browser = await launchThrottling(display.name);
      const downloads = await Downloads.open(browser, directory);
      const page = await downloads.context.newPage();
      await watchPage(page, errors);
      const other = await downloads.context.newPage();
      await page.bringToFront();
      return new Window(display, browser, downloads, page, other);
    } catch (error) {
      await display.stop();
      throw error;
    }
  }

  /** Brings one of the two tabs to the front. */
  async show(which: 'page' | 'other'): Promise<void> {
    await this[which].bringToFront();
    await expect.poll(() => this.page.evaluate(() => document.visibilityState)).toBe(which === 'page' ? 'visible' : 'hidden');
  }

  /** How often a timer of 100 ms comes in a second, counted over three. The time is this process's: the page's own timers are what is asked about. */
  async ticksPerSecond(): Promise<number> {
    const start = performance.now();
    await this.page.evaluate(() => {
      const counted = { ticks: 0, timer: setInterval(() => (counted.ticks += 1), 100) };
      Object.assign(window, { counted });
    });
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const ticks = await this.page.evaluate(() => {
      const { counted } = window as unknown as { counted: { ticks: number; timer: number } };
      clearInterval(counted.timer);
      return counted.ticks;
    });
    return (ticks * 1000) / (performance.now() - start);
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.display.stop();
  }
}
