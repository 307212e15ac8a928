// What a server tells browsers to refuse, and what the service worker keeps its hands off. `puppeteer/policy.spec.ts` has what the pages refuse.

import { makeFile } from '../support/files';
import { expect, test } from '../support/fixtures';
import { waitForStatus } from '../support/hooks';
import { Receiver } from '../support/receiver';
import { Sender } from '../support/sender';

test('every answer says what a browser must not do with it', async ({ request, url }) => {
  for (const path of ['/', '/create', '/K7MX4QPR9W2N', '/terms', '/nowhere', '/sw.js', '/favicon.svg', '/none.js', '/healthz', '/api/v1/none', '/llms.txt']) {
    const headers = (await request.get(url + path)).headers();
    expect(headers, path).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(headers['permissions-policy'], path).toMatch(/camera=\(\).*microphone=\(\).*screen-wake-lock=\(self\)/);
    expect(headers['content-security-policy'], path).toMatch(/^frame-ancestors 'none'; default-src 'none';/);
    expect(headers['content-security-policy'], path).not.toMatch(/unsafe-inline|'unsafe-eval'|http/);
  }
});

test('a host without any of these headers is enough for a transfer', async ({ startAltered, contexts, directory }) => {
  const url = await startAltered((_, { headers }) => [...headers.keys()].filter((name) => name !== 'content-type').forEach((name) => headers.delete(name)));
  const sender = await Sender.open(contexts[0], url);
  const receiver = await Receiver.open(contexts[1], `${url}/${sender.code}`, 'people');
  const file = await makeFile(directory, 'file.bin', 300_000);
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  expect(await receiver.saved()).toEqual(new Map([['file.bin', file.sha256]]));
  await waitForStatus(sender.page, ['complete']);
});

test('the service worker answers for downloads and for nothing else', async ({ openPair, directory }) => {
  const { sender, receiver } = await openPair('agent');
  await sender.add((await makeFile(directory, 'file.bin', 1000)).path);
  await sender.offer();
  await receiver.accept();
  await receiver.complete();
  const { page } = receiver;
  // From now on the worker is asked before the network, whatever is fetched.
  expect(await page.evaluate(() => Boolean(navigator.serviceWorker.controller))).toBe(true);
  const asked = async (path: string) => {
    const [response] = await Promise.all([page.waitForResponse((answer) => new URL(answer.url()).pathname === path), page.evaluate((address) => fetch(address), path)]);
    return { worker: response.fromServiceWorker(), status: response.status() };
  };
  for (const path of ['/', '/create', '/favicon.svg', '/api/v1/none', '/healthz', '/sw-download', '/sw-downloads/x', '/a/sw-download/x', '/sw.js']) {
    expect(await asked(path), path).toMatchObject({ worker: false });
  }
  // A download is had once, and nobody's by guessing.
  expect(await asked('/sw-download/0')).toEqual({ worker: true, status: 410 });
});
