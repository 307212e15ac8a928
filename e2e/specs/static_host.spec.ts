// The pages on a host of static files, at its root or in a folder, with the server elsewhere.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BrowserContext } from '@playwright/test';
import { MB, makeFile, sha256OfFile } from '../support/files';
import { perkoon, waitForStatus } from '../support/hooks';
import { end, freePort } from '../support/ports';
import { Receiver } from '../support/receiver';
import { ScriptFolder, expect, test as base } from '../support/scripts';
import { Sender } from '../support/sender';
import { Server } from '../support/server';
import { type Folder, type HostKind, StaticHost } from '../support/static_host';
import { LOOPBACK, example, startNginx } from '../support/web_servers';

interface Hosting {
  /** Prepares a host, stopped after the test. */
  prepareHost: (kind: HostKind, folder: Folder) => Promise<StaticHost>;
  /** Has a host serve the pages, with a server of its own that knows of them. */
  serve: (kind: HostKind, folder: Folder) => Promise<StaticHost>;
}

const test = base.extend<Hosting>({
  prepareHost: async ({ directory }, use) => {
    const hosts: StaticHost[] = [];
    await use(async (kind, folder) => {
      const host = await StaticHost.prepare(kind, folder, path.join(directory, `host-${hosts.length}`));
      hosts.push(host);
      return host;
    });
    await Promise.all(hosts.map((host) => host.stop()));
  },
  serve: async ({ prepareHost, startServer }, use) => {
    await use(async (kind, folder) => {
      const host = await prepareHost(kind, folder);
      // Either of them is enough.
      const server = await startServer(...(folder === '/' ? ['--allowed-origin', host.origin] : ['--public-url', host.url]));
      await host.serve(server.url);
      return host;
    });
  },
});

/** A service worker of another site on the same host, which is there first. */
async function visitNeighbour(host: StaticHost, context: BrowserContext): Promise<void> {
  await writeFile(path.join(host.root, 'index.html'), '<!doctype html><script src="/register.js"></script>');
  await writeFile(path.join(host.root, 'register.js'), "navigator.serviceWorker.register('/neighbour.js');");
  await writeFile(path.join(host.root, 'neighbour.js'), 'self.addEventListener("install", () => self.skipWaiting());');
  const page = await context.newPage();
  await page.goto(`${host.origin}/`);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.close();
}

for (const kind of ['nginx', 'caddy', 'plain'] as const) {
  for (const [where, folder] of [['at the root', '/'], ['in a folder', '/files/']] as const) {
    test(`a file goes from browser to browser, the pages from ${kind} ${where}`, async ({ serve, contexts, directory }) => {
      const host = await serve(kind, folder);
      if (folder !== '/') await visitNeighbour(host, contexts[1]);
      const sender = await Sender.open(contexts[0], host.url, { agent: true });
      expect(sender.shareUrl).toBe(host.url + sender.code);
      await expect(sender.page).toHaveURL(sender.shareUrl);
      await expect(sender.page.getByTestId('share-qr')).toBeVisible();

      const answer = await sender.page.reload();
      expect(answer!.status()).toBe(kind === 'plain' ? 404 : 200);
      await expect.poll(async () => (await perkoon(sender.page)).session).toMatchObject({ role: 'sender', shareUrl: sender.shareUrl });

      const receiver = await Receiver.open(contexts[1], sender.shareUrl, folder === '/' ? 'people' : 'agent');
      await expect(receiver.page).toHaveURL(sender.shareUrl);
      await receiver.page.reload();
      const file = await makeFile(directory, 'file.bin', 5 * MB);
      await sender.add(file.path);
      await sender.offer();
      await receiver.accept();
      expect(await receiver.saved()).toEqual(new Map([[file.name, file.sha256]]));
      await waitForStatus(sender.page, ['complete']);
    });
  }
}

for (const kind of ['nginx', 'caddy', 'plain'] as const) {
  for (const folder of ['/', '/files/'] as const) {
    test(`every address of ${kind} below ${folder} is a page, and what is none says so at any depth`, async ({ serve, page }) => {
      const host = await serve(kind, folder);
      for (const [address, heading] of [['create', 'Send files'], ['create/', 'Send files'], ['create.html', 'Send files'], ['k7mx-4qpr-9w2n', /./]] as const) {
        await page.goto(host.url + address);
        await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
        await expect(page).toHaveURL(host.url + (address.startsWith('create') ? 'create' : 'K7MX4QPR9W2N'));
      }
      for (const address of ['nowhere', 'no/such/page', 'no/such/page/']) {
        const answer = await page.goto(host.url + address);
        expect(answer!.status(), address).toBe(404);
        await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is nothing here');
        expect(await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--ink'))).not.toBe('');
        await page.getByRole('main').getByRole('link').first().click();
        await expect(page).toHaveURL(host.url);
      }
      const [terms] = await Promise.all([page.context().waitForEvent('page'), page.getByRole('link', { name: 'Terms' }).click()]);
      await expect(terms.getByRole('heading', { level: 1 })).toHaveText('Terms');
      await terms.getByRole('link', { name: 'Perkoon', exact: true }).click();
      await expect(terms).toHaveURL(host.url);
    });
  }
}

for (const kind of ['nginx', 'caddy'] as const) {
  test(`${kind} sends what perkoon serve sends`, async ({ serve, request, url }) => {
    const host = await serve(kind, '/files/');
    const page = await (await request.get(host.url)).text();
    const program = /data-wasm="?([^\s">]+)/.exec(page)![1]!;
    const names = ['', 'create', 'terms', 'sw.js', 'llms.txt', 'perkoon.d.ts', program.slice(host.folder.length)];
    for (const name of names) {
      const [theirs, ours] = [(await request.get(host.url + name)).headers(), (await request.get(`${url}/${name}`)).headers()];
      for (const header of ['cache-control', 'cross-origin-opener-policy', 'cross-origin-resource-policy', 'permissions-policy', 'referrer-policy', 'x-content-type-options', 'x-frame-options']) {
        expect(theirs[header], `${header} of ${name}`).toBe(ours[header]);
      }
      expect(theirs['content-security-policy'], name).toContain("frame-ancestors 'none'");
      expect(theirs['content-type']!.replace('application/javascript', 'text/javascript').toLowerCase(), name).toBe(ours['content-type']);
    }
    const packed = await request.get(host.origin + program, { headers: { 'Accept-Encoding': 'gzip, br' } });
    expect(packed.headers()['content-encoding']).toMatch(/^(br|gzip)$/);
    expect(packed.headers()['cache-control']).toContain('immutable');
  });
}

test('behind nginx, set up as the example says, limits count by who is in front of it', async ({ contexts, directory, request }) => {
  const port = await freePort(LOOPBACK);
  const origin = `http://${LOOPBACK}:${port}`;
  Server.origins.add(origin);
  const server = await Server.limited('--trusted-proxies', '1', '--public-url', origin);
  const site = await example(directory, 'nginx/proxy.conf', [
    [/listen 80;/, `listen ${LOOPBACK}:${port};`],
    [/server 127\.0\.0\.1:8787;/, `server ${new URL(server.url).host};`],
  ]);
  const nginx = await startNginx(directory, port, [site]);
  try {
    const sender = await Sender.open(contexts[0], origin);
    const receiver = await Receiver.open(contexts[1], sender.shareUrl);
    const file = await makeFile(directory, 'file.bin', 300_000);
    await sender.add(file.path);
    await sender.offer();
    await receiver.accept();
    expect(await receiver.saved()).toEqual(new Map([[file.name, file.sha256]]));
    // Whatever a client claims.
    const create = (claimed: number) => request.post(`${origin}/api/v1/sessions`, { headers: { 'X-Forwarded-For': `192.0.2.${claimed}` } });
    const answers = await Promise.all(Array.from({ length: 10 }, (_, claimed) => create(claimed)));
    expect(answers.filter((answer) => answer.status() === 201)).toHaveLength(9);
    expect(answers.filter((answer) => answer.status() === 429)).toHaveLength(1);
  } finally {
    await end(nginx);
    await server.stop();
  }
});

test('a server that was not told of the pages gives them nothing', async ({ prepareHost, startServer, page }) => {
  const host = await prepareHost('plain', '/');
  const server = await startServer();
  await host.serve(server.url);
  await page.goto(`${host.url}create`);
  await page.getByTestId('tos-accept').check();
  await page.getByTestId('create-start').click();
  await expect(page.getByTestId('error-message')).toHaveAttribute('data-code', 'SIGNALING_LOST');
});

test('the guide and the scripts know the folder they were fetched from', async ({ serve, directory, request }) => {
  const host = await serve('plain', '/files/');
  const guide = await (await request.get(`${host.url}llms.txt`)).text();
  expect(guide).toContain(`curl ${host.url}perkoon_send.mjs`);
  expect(guide).not.toContain('https://HOST');
  expect(guide).not.toContain(`${host.url}api`);

  const folder = await ScriptFolder.fetch(host.url.slice(0, -1));
  try {
    await folder.install('playwright', 'playwright-core');
    const file = await makeFile(directory, 'file.bin', 100_000);
    const sender = folder.run(['send.mjs', file.path, '--json'], { PERKOON_URL: undefined });
    const code = String((await sender.event('session_created')).session_code);
    const receiver = folder.run(['receive.mjs', code, '--json'], { PERKOON_URL: undefined });
    expect(await receiver.ended, receiver.stderr).toBe(0);
    expect(await sender.ended, sender.stderr).toBe(0);
    expect(await sha256OfFile(folder.at('received', file.name))).toBe(file.sha256);
    expect((await sender.event('session_created')).share_url).toBe(host.url + code);
  } finally {
    await folder.remove();
  }
});
