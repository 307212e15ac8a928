// Holes that were found in other programs of this kind, by the names under which they were published. What names become on their own is in
// `crates/transfer/tests/transfer/published_holes.rs`, and which names are kept as they are in `names.spec.ts`.

import { truncate } from 'node:fs/promises';
import type { BrowserContext, ConsoleMessage, Page } from '@playwright/test';
import { openPromise } from 'yauzl';
import { expectError } from '../support/errors';
import { MB, makeFile, sha256OfDownload } from '../support/files';
import { type Pair, expect, test } from '../support/fixtures';
import { perkoon, waitForBytes, waitForStatus } from '../support/hooks';
import { type HostileFile, chooseFiles, hostileFile, sha256OfText } from '../support/hostile_files';
import { sha256OfZip } from '../support/zip';

/** Stands for `/` in the names of files that are to have paths: no browser makes a file whose name holds one. */
const SLASH = '\u2215';

/** Has the page take files for parts of folders, as it does with those of a folder that was picked. */
async function giveFilesPaths(context: BrowserContext): Promise<void> {
  await context.addInitScript((slash) => {
    Object.defineProperty(File.prototype, 'webkitRelativePath', {
      get(this: File) {
        return this.name.includes(slash) ? this.name.replaceAll(slash, '/') : '';
      },
    });
  }, SLASH);
}

function hostilePath(path: string, index: number): HostileFile {
  return hostileFile(path.replaceAll('/', SLASH), index);
}

async function offer({ sender }: Pair, files: HostileFile[]): Promise<void> {
  await chooseFiles(sender.page, files);
  await expect(sender.files).toHaveCount(files.length);
  await sender.offer();
}

/** Paths of a sender who would like to choose where files go. */
const PATHS = [
  '../../x',
  'C:\\Windows\\win.ini',
  '..\\..\\x',
  '.ssh/authorized_keys',
  '../.ssh/authorized_keys',
  'a/../../.bashrc',
  './same.txt',
  'same.txt',
  'SAME.txt',
  'a/b',
  'a/b/c',
];

/** All of them, and one whose name itself begins at the root: there is no folder without a name. */
const FILES = [...PATHS.map(hostilePath), hostileFile('/etc/passwd', PATHS.length)];

function expectBelow(path: string): void {
  for (const part of path.split('/')) expect(part, path).toMatch(/^[^.\\:][^\\:]*$/);
}

test('croc CVE-2023-43619: the sender chooses where files go', async ({ contexts, openPair }) => {
  await giveFilesPaths(contexts[0]);
  const pair = await openPair('agent');
  await offer(pair, FILES);
  await pair.receiver.accept();
  const saved = await pair.receiver.saved();
  const kept = (await perkoon(pair.receiver.page)).files;
  kept.forEach(({ path, savedAs }, index) => {
    expectBelow(path);
    expect(savedAs).not.toContain('/');
    expectBelow(savedAs!);
    expect(saved.get(savedAs!), path).toBe(sha256OfText(FILES[index]!.content));
  });
  expect(saved.size).toBe(FILES.length);
});

test('croc CVE-2023-43616: an archive that leads elsewhere, or overwrites what it has written', async ({ contexts, openPair }) => {
  await giveFilesPaths(contexts[0]);
  const pair = await openPair('people');
  await offer(pair, FILES);
  await pair.receiver.accept();
  const [archive] = await pair.receiver.complete();
  const file = await archive!.path();
  // Names as they are written, which the library would otherwise refuse or mend by itself.
  const zip = await openPromise(file, { decodeStrings: false });
  const entries: { name: string; size: number }[] = [];
  for await (const entry of zip.eachEntry()) entries.push({ name: (entry.fileName as unknown as Buffer).toString(), size: entry.uncompressedSize });
  entries.forEach(({ name }) => expectBelow(name));
  expect(new Set(entries.map(({ name }) => name.toLowerCase())).size).toBe(FILES.length);
  const isFolder = (name: string) => entries.some((other) => other.name.startsWith(`${name}/`));
  expect(entries.filter(({ name }) => isFolder(name))).toEqual([]);
  expect(entries.map(({ size }) => size)).toEqual(FILES.map(({ content }) => Buffer.byteLength(content)));
  expect([...(await sha256OfZip(file)).values()].sort()).toEqual(FILES.map(({ content }) => sha256OfText(content)).sort());
});

/** Page function: a folder that a person picks, which holds files already. */
function pickFolderWith(names: string[]) {
  const fill = async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('picked', { create: true });
    for (const name of names) {
      const stream = await (await folder.getFileHandle(name, { create: true })).createWritable();
      await stream.write('precious');
      await stream.close();
    }
    return folder;
  };
  Object.assign(window, { showDirectoryPicker: fill });
}

function readPicked(page: Page): Promise<Record<string, string>> {
  return page.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('picked');
    const found: Record<string, string> = {};
    for await (const [name, entry] of folder.entries()) if (entry.kind === 'file') found[name] = await (await (entry as FileSystemFileHandle).getFile()).text();
    return found;
  });
}

test('croc CVE-2023-43616: files that are there are overwritten', async ({ contexts, openPair }) => {
  await contexts[1].addInitScript(pickFolderWith, ['a.txt', 'b.txt', 'b (2).txt']);
  const files = ['a.txt', 'b.txt', 'c.txt'].map(hostileFile);
  const pair = await openPair('people');
  await offer(pair, files);
  const { page } = pair.receiver;
  await page.getByTestId('transfer-tos-checkbox').check();
  await page.getByRole('button', { name: 'Save as a folder' }).click();
  await waitForStatus(page, ['complete']);
  expect(await readPicked(page)).toEqual({
    'a.txt': 'precious',
    'b.txt': 'precious',
    'b (2).txt': 'precious',
    'a (2).txt': files[0]!.content,
    'b (3).txt': files[1]!.content,
    'c.txt': files[2]!.content,
  });
});

/** Markup in a file's name, told of by what it does if it is one. */
const MARKUP = `<img src=x onerror="window.ran=1"><b>bold</b>.txt`;

/** Everything a page shows or says aloud is text: no element of the name's own, and nothing of it has run. */
async function expectText(page: Page): Promise<void> {
  await expect(page.locator('img, b')).toHaveCount(0);
  expect(await page.evaluate(() => (window as { ran?: number }).ran)).toBeUndefined();
}

test('instant.io#132, darkwire.io#48: markup in a name', async ({ contexts, openPair }) => {
  await giveFilesPaths(contexts[0]);
  const { sender, receiver } = await openPair('people');
  await chooseFiles(sender.page, [hostilePath(`<i>folder</i>/${MARKUP}`, 0)]);
  await expect(sender.files).toContainText(MARKUP);
  await expectText(sender.page);
  await sender.offer();
  await expect(receiver.page.getByTestId('file-row')).toContainText('_img src=x onerror=_window.ran=1__');
  await expectText(receiver.page);
  await receiver.accept();
  await receiver.complete();
  for (const { page } of [sender, receiver]) await expectText(page);
});

test('instant.io#132, darkwire.io#48: markup in a name, when asked to confirm', async ({ context, url }) => {
  const page = await context.newPage();
  await page.goto(`${url}/create`);
  await page.getByTestId('tos-accept').check();
  await page.getByTestId('create-start').click();
  await expect(page.getByTestId('session-code')).toBeVisible();
  await chooseFiles(page, [hostileFile(MARKUP, 0)]);
  await expect(page.getByTestId('confirm-ok')).toBeVisible();
  await expectText(page);
  await page.getByTestId('confirm-ok').click();
  await expect(page.getByTestId('file-row')).toContainText(MARKUP);
  await expectText(page);
});

test('papermerge#338: markup in a name, in what is said of a failure', async ({ openPair, directory }) => {
  const file = await makeFile(directory, MARKUP.replaceAll('/', ''), 100 * MB);
  const { sender, receiver } = await openPair('people');
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  await waitForBytes(receiver.page, 1 << 20);
  await truncate(file.path, 99 * MB);
  for (const { page } of [sender, receiver]) {
    await expectError(page, 'FILE_CHANGED');
    await expect(page.getByTestId('error-message')).toContainText('img src=x onerror=');
    await expectText(page);
  }
});

/** Escape sequences, and characters that turn text around or are not seen. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;

test('croc CVE-2023-43620: a name hides what it is, or another', async ({ openPair }) => {
  const names = ['\u001b[1A\rharmless', '\u009b31mred', 'photo\u202egpj.exe', 'a\u2066b\u2069.txt', 'zero\u200bwidth'];
  const pair = await openPair('agent');
  await offer(pair, names.map(hostileFile));
  const rows = pair.receiver.page.getByTestId('file-row');
  await expect(rows).toHaveCount(names.length);
  // Lines that the layout breaks are no part of a name.
  for (const text of await rows.locator('bdi').allTextContents()) expect(text).not.toMatch(UNSEEN);
  const { files } = await perkoon(pair.receiver.page);
  for (const { name, path, savedAs } of files) for (const text of [name, path, savedAs!]) expect(text).not.toMatch(UNSEEN);
  await pair.receiver.accept();
  expect([...(await pair.receiver.saved()).keys()].filter((name) => UNSEEN.test(name))).toEqual([]);
});

test('croc CVE-2023-43617, CVE-2023-43621: secrets where others can read them', async ({ contexts, openPair, directory }) => {
  const [secrets, written, addresses] = [new Set<string>(), [] as string[], [] as string[]];
  for (const context of contexts) {
    context.on('console', (message: ConsoleMessage) => written.push(message.text()));
    context.on('request', (request) => addresses.push(request.url()));
    context.on('page', (page) => page.on('websocket', (socket) => addresses.push(socket.url())));
    context.on('response', async (response) => {
      if (!response.url().includes('/api/')) return;
      const { sender_key, token } = (await response.json()) as { sender_key?: string; token?: string };
      for (const secret of [sender_key, token]) if (secret) secrets.add(secret);
    });
  }
  const { sender, receiver } = await openPair('people');
  const file = await makeFile(directory, 'secret plans.bin', 300_000);
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  const [download] = await receiver.complete();
  expect(await sha256OfDownload(download!)).toBe(file.sha256);
  await waitForStatus(sender.page, ['complete']);
  // The sender's key, and a token for each of the two.
  await expect.poll(() => secrets.size).toBe(3);
  for (const secret of [...secrets, file.name]) for (const text of [...written, ...addresses]) expect(text).not.toContain(secret);
  for (const text of written) expect(text).not.toContain(sender.code);
  for (const { page } of [sender, receiver]) expect(page.url()).toBe(sender.shareUrl);
});
