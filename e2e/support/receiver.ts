import { type BrowserContext, type Download, type Page, expect } from '@playwright/test';
import { waitForStatus } from './hooks';
import { sha256OfDownload } from './files';

/** How a receiver behaves: as people do, as scripts do, or as scripts that want OPFS. */
export type Mode = 'people' | 'agent' | 'agent-opfs';

const QUERY: Record<Mode, string> = { people: '', agent: '?agent=true', 'agent-opfs': '?agent=true&sink=opfs' };

/** The receiver's page, and every download it started. */
export class Receiver {
  readonly downloads: Download[] = [];

  private constructor(readonly page: Page) {
    page.on('download', (download) => this.downloads.push(download));
  }

  /** Opens the link; the page joins by itself. */
  static async open(context: BrowserContext, shareUrl: string, mode: Mode = 'agent', options: { relay?: boolean } = {}): Promise<Receiver> {
    const receiver = new Receiver(await context.newPage());
    const address = new URL(shareUrl);
    address.search = QUERY[mode];
    if (options.relay) address.searchParams.set('relay', 'true');
    await receiver.page.goto(address.href);
    return receiver;
  }

  /** Tries a password, once one is asked for. */
  async tryPassword(password: string): Promise<void> {
    await this.page.getByTestId('password-input').fill(password);
    await this.page.getByTestId('password-submit').click();
  }

  /** Says yes to the offer, and to the terms where they are asked for. */
  async accept(): Promise<void> {
    const accept = this.page.getByTestId('transfer-accept');
    await expect(accept).toBeVisible();
    const terms = this.page.getByTestId('transfer-tos-checkbox');
    if (await terms.isVisible()) await terms.check();
    await accept.click();
  }

  async reject(): Promise<void> {
    await this.page.getByTestId('transfer-reject').click();
  }

  /** Waits for the end and answers with the downloads that were there at that very moment. */
  async complete(timeout = 40_000): Promise<Download[]> {
    await waitForStatus(this.page, ['complete'], timeout);
    return [...this.downloads];
  }

  /** What was saved, by suggested name. */
  async saved(timeout?: number): Promise<Map<string, string>> {
    const saved = new Map<string, string>();
    for (const download of await this.complete(timeout)) {
      saved.set(download.suggestedFilename(), await sha256OfDownload(download));
    }
    return saved;
  }

  /** Fails when anything looks like a finished file: every download must have failed or been cancelled. */
  async expectNothingSaved(): Promise<void> {
    for (const download of this.downloads) {
      expect(await download.failure(), `${download.suggestedFilename()} looks finished`).not.toBeNull();
    }
  }
}
