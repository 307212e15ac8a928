import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Browser, type BrowserContext, test as base, chromium } from '@playwright/test';
import { type Alter, AlteredServer } from './altered';
import { launchOptions } from './browser';
import { Coturn, type Transport } from './coturn';
import { MB, type SeededFile, makeFile, outputDirectory } from './files';
import { Receiver, type Mode } from './receiver';
import { Sender } from './sender';
import { Server } from './server';
import { watchBrowser, watchContext } from './watch';

/** A sender and a receiver in one session, both present. */
export interface Pair {
  readonly sender: Sender;
  readonly receiver: Receiver;
}

interface CommonFixtures {
  /** Where the run's server listens. */
  url: string;
  /** A directory for the test's files, removed after it. */
  directory: string;
  /** Starts servers of the test's own, stopped after it. */
  startServer: (...options: string[]) => Promise<Server>;
  /** Serves what the run's server does, altered; answers with the address. To be named before what opens pages, which then are gone before it. */
  startAltered: (alter: Alter) => Promise<string>;
  /** A TURN server. */
  coturn: Coturn;
  /** Starts a server that tells pages of that one. */
  startWithRelay: (options?: RelayOptions) => Promise<Server>;
  /** What pages did that they must not; the test fails when there is anything. */
  pageErrors: Error[];
}

interface RelayOptions {
  /** How pages talk to the relay. */
  transport?: Transport;
  /** Seconds that credentials are good for. */
  ttl?: number;
  /** In place of the secret that the relay has. */
  secret?: string;
}

interface Fixtures {
  /** Two contexts of one browser process. */
  contexts: [BrowserContext, BrowserContext];
  /** One context in each of two browser processes. */
  processes: [BrowserContext, BrowserContext];
  /** Opens a session in two contexts. */
  openPair: (mode?: Mode, url?: string) => Promise<Pair>;
  /** Looks out for what pages do that they must not, in a browser or a context that the test has started itself. */
  watch: (opened: Browser | BrowserContext) => void;
  /** Does so in the suite's own browser. */
  watched: void;
}

interface WorkerFixtures {
  /** A file of 240 MB, made once: large enough that a transfer of it can be caught half-way. */
  large: SeededFile;
  /** One of 100 MB: enough to break off a transfer of it early. */
  medium: SeededFile;
}

/** What tests need whoever drives the browsers. */
export const common = base.extend<CommonFixtures, WorkerFixtures>({
  large: [
    async ({}, use, { parallelIndex }) => {
      // Each worker has its own: one that starts later makes it anew.
      await use(await makeFile(path.join(outputDirectory('files'), `worker-${parallelIndex}`), 'large.bin', 240 * MB));
    },
    { scope: 'worker' },
  ],
  medium: [
    async ({}, use, { parallelIndex }) => {
      await use(await makeFile(path.join(outputDirectory('files'), `worker-${parallelIndex}`), 'medium.bin', 100 * MB));
    },
    { scope: 'worker' },
  ],
  url: async ({}, use) => {
    const url = process.env.PERKOON_URL;
    if (!url) throw new Error('the global setup has not started a server');
    await use(url);
  },
  directory: async ({}, use, info) => {
    const directory = path.join(outputDirectory('files'), info.testId);
    await use(directory);
    await rm(directory, { recursive: true, force: true });
  },
  startServer: async ({}, use) => {
    const servers: Server[] = [];
    await use(async (...options) => {
      const server = await Server.start(...options);
      servers.push(server);
      return server;
    });
    await Promise.all(servers.map((server) => server.stop()));
  },
  startAltered: async ({ url }, use) => {
    const servers: AlteredServer[] = [];
    await use(async (alter) => {
      const server = await AlteredServer.start(url, alter);
      servers.push(server);
      return server.url;
    });
    await Promise.all(servers.map((server) => server.stop()));
  },
  coturn: async ({ directory }, use) => {
    const coturn = await Coturn.start(path.join(directory, 'coturn'));
    await use(coturn);
    await coturn.stop();
  },
  startWithRelay: async ({ startServer, coturn, directory }, use) => {
    await use(async ({ transport = 'udp', ttl = 600, secret = coturn.secret } = {}) => {
      const file = path.join(directory, 'turn-secret');
      await writeFile(file, `${secret}\n`, { mode: 0o600 });
      return startServer('--turn', coturn.url(transport), '--turn-secret-file', file, '--turn-ttl', String(ttl));
    });
  },
  pageErrors: [
    async ({}, use) => {
      const errors: Error[] = [];
      await use(errors);
      if (errors.length > 0) throw new AggregateError(errors, `a page did what it must not: ${errors.map((error) => error.message).join('; ')}`);
    },
    { auto: true },
  ],
});

export const test = common.extend<Fixtures>({
  contexts: async ({ browser, contextOptions }, use) => {
    await useContexts([browser, browser], contextOptions, use);
  },
  processes: async ({ browser, contextOptions, watch }, use) => {
    const other = await chromium.launch(launchOptions);
    watch(other);
    try {
      await useContexts([browser, other], contextOptions, use);
    } finally {
      await other.close();
    }
  },
  openPair: async ({ contexts, url }, use) => {
    await use((mode = 'agent', at = url) => openPair(contexts, at, mode));
  },
  watch: async ({ pageErrors }, use) => {
    await use((opened) => ('contexts' in opened ? watchBrowser(opened, pageErrors) : watchContext(opened, pageErrors)));
  },
  watched: [
    async ({ browser, pageErrors }, use) => {
      const stop = watchBrowser(browser, pageErrors);
      await use();
      stop();
    },
    { auto: true },
  ],
});

export { expect } from '@playwright/test';

/** Opens a session: the sender with its code, the receiver on its link. */
export async function openPair([from, to]: [BrowserContext, BrowserContext], url: string, mode: Mode): Promise<Pair> {
  const sender = await Sender.open(from, url, { agent: mode !== 'people' });
  const receiver = await Receiver.open(to, sender.shareUrl, mode);
  return { sender, receiver };
}

type ContextOptions = Parameters<Browser['newContext']>[0];

async function useContexts(
  [first, second]: [Browser, Browser],
  options: ContextOptions,
  use: (contexts: [BrowserContext, BrowserContext]) => Promise<void>,
): Promise<void> {
  const contexts: [BrowserContext, BrowserContext] = [await first.newContext(options), await second.newContext(options)];
  await use(contexts);
  await Promise.all(contexts.map((context) => context.close()));
}
