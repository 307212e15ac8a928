import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect } from '@playwright/test';
import type { Browser, BrowserContext } from 'puppeteer-core';
import { sha256OfFile } from '../files';

/** What Puppeteer has for Firefox and does not declare; it has no events for downloads. */
interface Bidi {
  send(method: string, parameters: object): Promise<unknown>;
  on(event: string, hear: Hear): void;
  off(event: string, hear: Hear): void;
}

type Hear = (parameters: { suggestedFilename: string; status: string }) => void;

/** How browsers name what they have not saved completely: `file.bin.crdownload`, `file.4pV3_xYz.bin.part`. */
const UNFINISHED = /\.(crdownload|part)$/;

/** What one browser context downloads, into a directory of its own. */
export class Downloads {
  /** The suggested names of the downloads that the browser has begun. */
  readonly begun: string[] = [];
  /** How those that are over have ended. */
  readonly ends: ('complete' | 'failed')[] = [];

  private stopHearing: () => unknown = () => undefined;

  private constructor(
    readonly directory: string,
    readonly context: BrowserContext,
  ) {}

  /** Makes a context that saves into `directory`. */
  static async open(browser: Browser, directory: string): Promise<Downloads> {
    await mkdir(directory, { recursive: true });
    const context = await browser.createBrowserContext({ downloadBehavior: { policy: 'allow', downloadPath: directory } });
    const downloads = new Downloads(directory, context);
    await ('connection' in browser ? downloads.hearFirefox(browser.connection as Bidi) : downloads.hearChromium(browser));
    return downloads;
  }

  /** Closes the context, unless the browser is gone. */
  async close(): Promise<void> {
    if (!this.context.browser().connected) return;
    await this.stopHearing();
    await this.context.close();
  }

  private async hearChromium(browser: Browser): Promise<void> {
    const devtools = await browser.target().createCDPSession();
    this.stopHearing = () => devtools.detach();
    const settings = { behavior: 'allow', browserContextId: this.context.id, downloadPath: this.directory, eventsEnabled: true } as const;
    await devtools.send('Browser.setDownloadBehavior', settings);
    devtools.on('Browser.downloadWillBegin', ({ suggestedFilename }) => this.begun.push(suggestedFilename));
    devtools.on('Browser.downloadProgress', ({ state }) => {
      if (state !== 'inProgress') this.ends.push(state === 'completed' ? 'complete' : 'failed');
    });
  }

  private async hearFirefox(bidi: Bidi): Promise<void> {
    const events: [string, Hear][] = [
      ['browsingContext.downloadWillBegin', ({ suggestedFilename }) => this.begun.push(suggestedFilename)],
      ['browsingContext.downloadEnd', ({ status }) => this.ends.push(status === 'complete' ? 'complete' : 'failed')],
    ];
    for (const [event, hear] of events) bidi.on(event, hear);
    this.stopHearing = () => events.forEach(([event, hear]) => bidi.off(event, hear));
    await bidi.send('session.subscribe', { events: events.map(([event]) => event) });
  }

  /** The digests of all files, by name. The browser has every byte of those that have begun, and may still be renaming them. */
  async digests(): Promise<Map<string, string>> {
    await expect.poll(() => this.ends).toEqual(this.begun.map(() => 'complete'));
    await expect.poll(async () => (await readdir(this.directory)).sort()).toEqual([...this.begun].sort());
    const digests = new Map<string, string>();
    for (const name of this.begun) digests.set(name, await sha256OfFile(this.path(name)));
    return digests;
  }

  /** Waits until every download that has begun has failed. */
  async expectFailed(): Promise<void> {
    await expect.poll(() => this.ends).toEqual(this.begun.map(() => 'failed'));
    await this.expectNothingFinished();
  }

  async expectNothingFinished(): Promise<void> {
    const names = await readdir(this.directory);
    const stems = names.filter((name) => UNFINISHED.test(name)).map((name) => name.split('.')[0]!);
    // Firefox keeps the part it has beside an empty file in its place, as of every download that fails.
    expect(names.filter((name) => !UNFINISHED.test(name) && !stems.includes(name.split('.')[0]!))).toEqual([]);
  }

  path(name: string): string {
    return path.join(this.directory, name);
  }
}
