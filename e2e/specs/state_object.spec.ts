// window.__perkoon is what perkoon.d.ts says, at every moment of a transfer's life.

import { writeFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { BrowserContext, Page } from '@playwright/test';
import ts from 'typescript';
import { MB, makeFile } from '../support/files';
import { type Pair, expect, openPair, test } from '../support/fixtures';
import { perkoon, waitForBytes, waitForStatus } from '../support/hooks';
import { Receiver } from '../support/receiver';
import { Sender } from '../support/sender';
import type { Perkoon, PerkoonFile } from '../../public/perkoon';

const declarations = path.resolve(import.meta.dirname, '../../public/perkoon.d.ts');

/** An object as it was published, as TypeScript source, and when. */
interface Published {
  readonly source: string;
  readonly at: number;
}

/** Keeps every object that is ever published on the context's pages. */
async function keepPublished(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const published: Published[] = [];
    const source = (value: unknown): string => {
      if (typeof value === 'function') return '() => undefined';
      if (Array.isArray(value)) return `[${value.map(source).join(',')}]`;
      if (value === null || typeof value !== 'object') return value === undefined ? 'undefined' : JSON.stringify(value);
      const members = Object.entries(value).map(([name, member]) => {
        const method = typeof member === 'function' && (name === 'stream' || name === 'getFile') ? 'async () => null' : source(member);
        return `${JSON.stringify(name)}:${method}`;
      });
      return `{${members.join(',')}}`;
    };
    let current: Perkoon;
    Object.defineProperty(window, '__perkoon', {
      get: () => current,
      set: (object: Perkoon) => {
        current = object;
        published.push({ source: source(object), at: performance.now() });
      },
    });
    Object.assign(window, { published });
  });
}

function published(page: Page): Promise<Published[]> {
  return page.evaluate(() => (window as unknown as { published: Published[] }).published);
}

/** What the compiler has to say about these objects as `Perkoon`s. */
async function complaints(directory: string, sources: string[]): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const file = path.join(directory, 'published.ts');
  const from = JSON.stringify(path.relative(directory, declarations).replace(/\.d\.ts$/, ''));
  await writeFile(file, `import type { Perkoon } from ${from};\nexport const published: Perkoon[] = [\n${sources.join(',\n')}\n];\n`);
  const program = ts.createProgram([file], {
    strict: true,
    noEmit: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
  });
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** What no state may be, whatever its types. */
function expectConsistent(object: Perkoon): void {
  const { transfer, files, participants, session } = object;
  const why = JSON.stringify(object);
  expect(transfer.percent === 100, why).toBe(transfer.status === 'complete');
  const ended = ['rejected', 'cancelled', 'error'].includes(transfer.status);
  if (ended) expect(transfer.error, why).not.toBeNull();
  else expect([undefined, 'WRONG_PASSWORD', 'PASSWORD_LOCKED'], why).toContain(transfer.error?.code);
  if (session?.verification) expect([session.passwordProtected, session.verification.length], why).toEqual([false, 4]);
  expect(transfer.bytesTransferred, why).toBeLessThanOrEqual(transfer.totalBytes);
  expect(participants.filter((participant) => participant.self).length, why).toBeLessThanOrEqual(1);
  if (transfer.status === 'complete') {
    expect(files.every((file: PerkoonFile) => file.status === 'complete' && file.bytesTransferred === file.size && file.blake3), why).toBeTruthy();
    expect(transfer.bytesTransferred, why).toBe(transfer.totalBytes);
    expect(transfer.durationMs, why).not.toBeNull();
  }
  if (session?.status === 'connected') expect(participants.length, why).toBe(2);
}

/** A pair that is observed, a file offered to the receiver. */
async function observedOffer(contexts: [BrowserContext, BrowserContext], url: string, file: string): Promise<Pair> {
  await Promise.all(contexts.map(keepPublished));
  const pair = await openPair(contexts, url, 'agent');
  await pair.sender.add(file);
  await pair.sender.offer();
  await waitForStatus(pair.receiver.page, ['offered']);
  return pair;
}

async function expectDeclared({ sender, receiver }: Pair, directory: string, minimum: number): Promise<Perkoon[]> {
  const all = [...(await published(sender.page)), ...(await published(receiver.page))];
  expect(all.length).toBeGreaterThan(minimum);
  expect(await complaints(directory, all.map(({ source }) => source))).toEqual([]);
  // Methods are no part of JSON.
  const objects = all.map(({ source }) => JSON.parse(source.replace(/,"(?:stream|getFile|release)":(?:async )?\(\) => \w+/g, '')) as Perkoon);
  objects.forEach(expectConsistent);
  return objects;
}

test('from the first object to complete', async ({ contexts, url, directory }) => {
  const file = await makeFile(directory, 'file.bin', 20 * MB);
  const pair = await observedOffer(contexts, url, file.path);
  await pair.receiver.accept();
  await pair.receiver.complete();
  await waitForStatus(pair.sender.page, ['complete']);
  const objects = await expectDeclared(pair, directory, 20);
  expect(objects.at(-1)!.files[0]).toMatchObject({ name: 'file.bin', savedAs: 'file.bin', size: 20 * MB, method: 'sw-download' });
  for (const { page } of [pair.sender, pair.receiver]) {
    const moments = (await published(page)).filter(({ source }) => source.includes('"status":"transferring","percent"'));
    const seconds = (moments.at(-1)!.at - moments[0]!.at) / 1000;
    // At most ten times a second; a status that changes is told at once.
    expect(moments.length).toBeLessThanOrEqual(10 * seconds + 3);
  }
});

test('with a wrong password and a right one', async ({ contexts, url, directory }) => {
  await Promise.all(contexts.map(keepPublished));
  const file = await makeFile(directory, 'file.bin', 1000);
  const sender = await Sender.open(contexts[0], url, { password: 'right' });
  const receiver = await Receiver.open(contexts[1], sender.shareUrl);
  await receiver.tryPassword('wrong');
  await receiver.page.waitForFunction(() => window.__perkoon.transfer.error);
  expect((await perkoon(receiver.page)).transfer).toMatchObject({ status: 'ready', error: { code: 'WRONG_PASSWORD', retryable: true } });
  await receiver.tryPassword('right');
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  await receiver.complete();
  await waitForStatus(sender.page, ['complete']);
  const objects = await expectDeclared({ sender, receiver }, directory, 10);
  expect(objects.at(-1)!.session).toMatchObject({ passwordProtected: true, verification: null });
});

test('when the receiver declines', async ({ contexts, url, directory }) => {
  const pair = await observedOffer(contexts, url, (await makeFile(directory, 'file.bin', 1000)).path);
  await pair.receiver.reject();
  await waitForStatus(pair.sender.page, ['rejected']);
  const last = (await expectDeclared(pair, directory, 8)).at(-1)!;
  expect(last.transfer.error).toMatchObject({ code: 'PEER_REJECTED', retryable: false });
});

for (const side of ['sender', 'receiver'] as const) {
  test(`when the ${side} cancels`, async ({ contexts, url, large, directory }) => {
    const pair = await observedOffer(contexts, url, large.path);
    await pair.receiver.accept();
    await waitForBytes(pair.receiver.page, MB);
    await pair[side].page.getByTestId('transfer-cancel').click();
    await waitForStatus(pair.sender.page, ['cancelled']);
    await waitForStatus(pair.receiver.page, ['cancelled']);
    const last = (await expectDeclared(pair, directory, 10)).at(-1)!;
    expect(last.transfer.error).toMatchObject({ code: 'CANCELLED', retryable: true });
  });

  test(`when the ${side} disappears`, async ({ contexts, url, large, directory }) => {
    const pair = await observedOffer(contexts, url, large.path);
    await pair.receiver.accept();
    await waitForBytes(pair.receiver.page, MB);
    const left = side === 'sender' ? pair.receiver.page : pair.sender.page;
    await pair[side].page.close();
    await waitForStatus(left, ['error'], 40_000);
    const all = await published(left);
    expect(await complaints(directory, all.map(({ source }) => source))).toEqual([]);
    const { error } = await left.evaluate(() => window.__perkoon.transfer);
    expect(error).toMatchObject({ code: 'PEER_LEFT', retryable: true });
    expect(error!.message).toMatch(/\.$/);
  });
}

test('an object that is not as declared is found out', async ({ page, url, directory }) => {
  await keepPublished(page.context());
  await page.goto(url);
  const [{ source }] = (await published(page)) as [Published];
  expect(await complaints(directory, [source])).toEqual([]);
  const spoilt = [source.replace('"idle"', '"sleeping"'), source.replace('"participants":', '"guests":'), source.replace('null', 'undefined')];
  for (const other of spoilt) expect(await complaints(directory, [other]), other).not.toEqual([]);
});
