import { expect } from '@playwright/test';
import type { ElementHandle, Page } from 'puppeteer-core';
import type { Perkoon, PerkoonTransfer, TransferStatus } from '../../../public/perkoon';
import type { Mode } from '../receiver';
import type { Downloads } from './downloads';

const ENDS: TransferStatus[] = ['complete', 'rejected', 'cancelled', 'error'];
const QUERY: Record<Mode, string> = { people: '', agent: '?agent=true', 'agent-opfs': '?agent=true&sink=opfs' };

/** The selector of a hook. */
export function hook(id: string): string {
  return `[data-testid="${id}"]`;
}

/** One side's page, as a Puppeteer script sees it. */
export class Party {
  protected constructor(readonly page: Page) {}

  async click(id: string): Promise<void> {
    await this.page.locator(hook(id)).click();
  }

  /** `window.__perkoon` as it is now, without the files' methods. */
  perkoon(): Promise<Perkoon> {
    return this.page.evaluate(() => JSON.parse(JSON.stringify(window.__perkoon)) as Perkoon);
  }

  /** Waits for one of the statuses; fails at once, with the reason, when the transfer ends in another way. */
  async waitForStatus(statuses: TransferStatus[], timeout = 30_000): Promise<PerkoonTransfer> {
    const reached = (wanted: string[]) => wanted.includes(window.__perkoon.transfer.status) && window.__perkoon.transfer;
    const waiting = this.page.waitForFunction(reached, { timeout, polling: 20 }, [...statuses, ...ENDS]);
    const found = await waiting.catch(async (error: unknown) => {
      throw new Error(`${statuses.join(' or ')} is not reached: ${JSON.stringify(await this.perkoon())}`, { cause: error });
    });
    const transfer = (await found.jsonValue()) as PerkoonTransfer;
    if (!statuses.includes(transfer.status)) {
      throw new Error(`the transfer became ${transfer.status}, not ${statuses.join(' or ')}: ${JSON.stringify(transfer.error)}`);
    }
    return transfer;
  }

  /** Waits until at least so many bytes of the transfer are through. */
  async waitForBytes(bytes: number): Promise<void> {
    await this.page.waitForFunction((wanted) => window.__perkoon.transfer.bytesTransferred >= wanted, { polling: 20 }, bytes);
  }
}

/** The sender's pages: `/create`, and the session it becomes. */
export class Sender extends Party {
  private constructor(
    page: Page,
    private readonly mode: Mode,
  ) {
    super(page);
  }

  /** Accepts the terms, presses Start and waits for the code. */
  static async open(page: Page, url: string, mode: Mode, options: { relay?: boolean; password?: string } = {}): Promise<Sender> {
    const sender = new Sender(page, mode);
    const address = new URL(`/create${mode === 'people' ? '' : QUERY.agent}`, url);
    if (options.relay) address.searchParams.set('relay', 'true');
    await page.goto(address.href);
    await sender.click('tos-accept');
    if (options.password !== undefined) await page.locator(hook('create-password')).fill(options.password);
    await sender.click('create-start');
    await page.waitForSelector(hook('session-code'), { visible: true });
    return sender;
  }

  shareUrl(): Promise<string> {
    return this.page.evaluate(() => window.__perkoon.session!.shareUrl);
  }

  async waitForReceiver(): Promise<void> {
    await this.page.waitForFunction(() => window.__perkoon.participants.length >= 2, { polling: 20 });
  }

  /** Queues files. */
  async add(...paths: string[]): Promise<void> {
    const input = await this.page.waitForSelector(hook('file-input'));
    await (input as ElementHandle<HTMLInputElement>).uploadFile(...paths);
  }

  /** Waits for the receiver and offers the queued files; a person is asked to confirm. */
  async offer(): Promise<void> {
    await this.waitForReceiver();
    await this.click('start-transfer');
    if (this.mode === 'people') await this.click('confirm-ok');
  }
}

/** The receiver's page, and where its browser saves. */
export class Receiver extends Party {
  private constructor(
    page: Page,
    readonly downloads: Downloads,
  ) {
    super(page);
  }

  /** Opens the link; the page joins by itself. */
  static async open(page: Page, downloads: Downloads, shareUrl: string, mode: Mode): Promise<Receiver> {
    await page.goto(shareUrl + QUERY[mode]);
    return new Receiver(page, downloads);
  }

  /** Tries a password, once one is asked for. */
  async tryPassword(password: string): Promise<void> {
    await this.page.locator(hook('password-input')).fill(password);
    await this.click('password-submit');
  }

  /** Says yes to the offer, and to the terms where they are asked for. */
  async accept(): Promise<void> {
    await this.page.waitForSelector(hook('transfer-accept'), { visible: true });
    if (await this.page.$(hook('transfer-tos-checkbox'))) await this.click('transfer-tos-checkbox');
    await this.click('transfer-accept');
  }

  /** What was saved, by name. The browser has begun every one of so many downloads at the moment the page says complete. */
  async saved(count: number, timeout?: number): Promise<Map<string, string>> {
    await this.waitForStatus(['complete'], timeout);
    expect(this.downloads.begun).toHaveLength(count);
    return this.downloads.digests();
  }
}
