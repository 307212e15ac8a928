// Whatever the sender's files are called, what is saved has a name that is safe everywhere, and the right bytes.

import { expect, test } from '../support/fixtures';
import { type HostileFile, chooseFiles, dropFiles, hostileFile, sha256OfText } from '../support/hostile_files';
import { perkoon } from '../support/hooks';
import type { Pair } from '../support/fixtures';

/** Names that are fine as they are. */
const ORDINARY = ['two words.txt', "it's.txt", 'naïve – ünïcödé.txt', '🎉 party.png', 'ملف.txt', 'no extension', `${'é'.repeat(125)}.text`];

/** Names that must change. */
const HOSTILE = [
  '../../x',
  '..\\..\\x',
  '/etc/passwd',
  'C:\\Windows\\win.ini',
  'CON',
  'con.txt',
  'LPT1.log',
  '.bashrc',
  '...',
  '"quoted".txt',
  'a<b>|c?*.txt',
  'photo\u202egpj.exe',
  'mark\u200f\u200e.txt',
  // Zero-width joiners: Chromium replaces them in a suggested name, so a safe name has none.
  'family 👩\u200d👩\u200d👧.png',
  'line\nbreak\ttab.txt',
  'trailing dot.',
  'trailing space ',
  `${'x'.repeat(300)}.txt`,
];

const RESERVED = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;
const UNSAFE = /[\u0000-\u001f\u007f"*/:<>?\\|\u202a-\u202e\u2066-\u2069]/u;

function expectSafe(name: string): void {
  expect(name, 'a name').not.toBe('');
  expect(Buffer.byteLength(name), name).toBeLessThanOrEqual(255);
  expect(name).not.toMatch(RESERVED);
  expect(name).not.toMatch(UNSAFE);
  expect(name, 'hidden, or ends in what some systems drop').not.toMatch(/^\.|[. ]$/);
}

async function deliver({ sender, receiver }: Pair, files: HostileFile[]): Promise<string[]> {
  await expect(sender.files).toHaveCount(files.length);
  await sender.offer();
  await receiver.accept();
  const saved = await receiver.saved();
  const names = (await perkoon(receiver.page)).files.map((file) => file.savedAs!);
  expect([...saved.keys()].sort()).toEqual([...names].sort());
  files.forEach((file, index) => expect(saved.get(names[index]!), file.name).toBe(sha256OfText(file.content)));
  expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(files.length);
  return names;
}

test('ordinary names arrive as they are', async ({ openPair }) => {
  const files = ORDINARY.map(hostileFile);
  const pair = await openPair('agent');
  await chooseFiles(pair.sender.page, files);
  expect(await deliver(pair, files)).toEqual(ORDINARY);
});

test('hostile names become safe ones', async ({ openPair }) => {
  const files = HOSTILE.map(hostileFile);
  const pair = await openPair('agent');
  await chooseFiles(pair.sender.page, files);
  for (const name of await deliver(pair, files)) expectSafe(name);
});

test('hostile names dropped onto the page become safe ones', async ({ openPair }) => {
  const files = HOSTILE.map(hostileFile);
  const pair = await openPair('agent');
  await dropFiles(pair.sender.page, files);
  for (const name of await deliver(pair, files)) expectSafe(name);
});

test('the same name several times is told apart, whatever its case', async ({ openPair }) => {
  const files = ['b.txt', 'b.txt', 'B.TXT', 'b (2).txt'].map(hostileFile);
  const pair = await openPair('agent');
  await chooseFiles(pair.sender.page, files);
  const names = await deliver(pair, files);
  expect(names[0]).toBe('b.txt');
  for (const name of names) expect(name).toMatch(/^b( \(\d+\))*\.txt$/i);
});
