import { type BrowserContext, type Locator, type Page, expect } from '@playwright/test';
import { waitForParticipants } from './hooks';

/** What protects the session. */
export interface Protection {
  readonly password?: string;
  readonly secureLink?: boolean;
}

interface Options extends Protection {
  readonly agent?: boolean;
  readonly relay?: boolean;
}

/** The sender's pages: `/create`, and the session it becomes. */
export class Sender {
  private constructor(
    readonly page: Page,
    readonly code: string,
    readonly shareUrl: string,
  ) {}

  /** At the pages' address, of which a folder ends with a slash. Accepts the terms, presses Start and waits for the code. Confirmations are switched off, as scripts do. */
  static async open(context: BrowserContext, url: string, options: Options = {}): Promise<Sender> {
    const page = await context.newPage();
    await skipConfirmations(page);
    const address = new URL('create', url);
    if (options.agent) address.searchParams.set('agent', 'true');
    if (options.relay) address.searchParams.set('relay', 'true');
    await page.goto(address.href);
    return Sender.start(page, options);
  }

  /** From the terms to the code, on a page that shows them. */
  static async start(page: Page, { password, secureLink }: Protection = {}): Promise<Sender> {
    await page.getByTestId('tos-accept').check();
    if (password !== undefined) await page.getByTestId('create-password').fill(password);
    if (secureLink) await page.getByTestId('create-secure-link').check();
    await page.getByTestId('create-start').click();
    await expect(page.getByTestId('session-code')).toBeVisible();
    const { code, shareUrl } = await page.evaluate(() => ({
      code: window.__perkoon.session!.code,
      shareUrl: window.__perkoon.session!.shareUrl,
    }));
    return new Sender(page, code, shareUrl);
  }

  get files(): Locator {
    return this.page.getByTestId('file-row');
  }

  async add(...paths: string[]): Promise<void> {
    await this.page.setInputFiles('[data-testid="file-input"]', paths);
  }

  /** Waits for the receiver and offers the queued files. */
  async offer(): Promise<void> {
    await waitForParticipants(this.page, 2);
    await this.page.getByTestId('start-transfer').click();
  }

  async close(): Promise<void> {
    await this.page.close({ runBeforeUnload: false });
  }
}

/** Has the page skip the confirmations, through the documented switches. */
export async function skipConfirmations(page: Page): Promise<void> {
  await page.addInitScript(() => {
    localStorage.setItem('perkoon_skip_confirm_direct-confirm', 'true');
    localStorage.setItem('perkoon_skip_confirm_staged-confirm', 'true');
  });
}
