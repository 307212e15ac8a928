import path from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { common } from '../fixtures';
import type { Mode } from '../receiver';
import { Downloads } from './downloads';
import { type BrowserName, type Preferences, launch } from './launch';
import { Receiver, Sender } from './party';
import { watchPage } from './watch';

/** Which browser sends, and which receives. */
export interface Route {
  readonly from: BrowserName;
  readonly to: BrowserName;
}

/** A sender and a receiver in one session, both present. */
export interface Pair {
  readonly sender: Sender;
  readonly receiver: Receiver;
}

/** A page in a context of its own, and where that saves. */
export interface Tab {
  readonly page: Page;
  readonly downloads: Downloads;
}

interface Fixtures {
  /** Opens a page in a new context of the browser's process of that label, which the preferences belong to. */
  openTab: (name: BrowserName, label: string, preferences?: Preferences) => Promise<Tab>;
  /** Opens a session. */
  openSender: (name: BrowserName, mode?: Mode) => Promise<Sender>;
  /** Opens the sender's link. */
  openReceiver: (name: BrowserName, sender: Sender, mode?: Mode) => Promise<Receiver>;
  /** Opens a session between two browser processes. */
  openPair: (route: Route, mode?: Mode) => Promise<Pair>;
}

interface WorkerFixtures {
  /** One of the browser's processes; started when first asked for, and kept for the tests that follow. */
  puppet: (name: BrowserName, label: string, preferences?: Preferences) => Promise<Browser>;
}

export const test = common.extend<Fixtures, WorkerFixtures>({
  puppet: [
    async ({}, use) => {
      const browsers = new Map<string, Promise<Browser>>();
      await use((name, label, preferences) => {
        const key = `${name} ${label}`;
        const browser = browsers.get(key) ?? launch(name, preferences);
        browsers.set(key, browser);
        return browser;
      });
      for (const browser of browsers.values()) await (await browser).close();
    },
    { scope: 'worker' },
  ],
  openTab: async ({ puppet, directory, pageErrors }, use) => {
    const opened: Downloads[] = [];
    await use(async (name, label, preferences) => {
      const downloads = await Downloads.open(await puppet(name, label, preferences), path.join(directory, `${name} ${label}`));
      opened.push(downloads);
      const page = await downloads.context.newPage();
      await watchPage(page, pageErrors);
      return { page, downloads };
    });
    await Promise.all(opened.map((downloads) => downloads.close()));
  },
  openSender: async ({ openTab, url }, use) => {
    await use(async (name, mode = 'agent') => Sender.open((await openTab(name, 'sender')).page, url, mode));
  },
  openReceiver: async ({ openTab }, use) => {
    await use(async (name, sender, mode = 'agent') => {
      const { page, downloads } = await openTab(name, 'receiver');
      return Receiver.open(page, downloads, await sender.shareUrl(), mode);
    });
  },
  openPair: async ({ openSender, openReceiver }, use) => {
    await use(async ({ from, to }, mode) => {
      const sender = await openSender(from, mode);
      const receiver = await openReceiver(to, sender, mode);
      await sender.waitForReceiver();
      return { sender, receiver };
    });
  },
});

export { expect } from '@playwright/test';
