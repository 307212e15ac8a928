// A folder of many files: each on its own for scripts, one ZIP for people.

import path from 'node:path';
import { type SeededFile, makeFile } from '../support/files';
import { expect, test } from '../support/fixtures';
import { perkoon, waitForStatus } from '../support/hooks';
import { sha256OfZip } from '../support/zip';

const COUNT = 40;

/** Forty files in a tree, by their path below the chosen folder's parent. */
async function makeTree(directory: string): Promise<Map<string, SeededFile>> {
  const tree = new Map<string, SeededFile>();
  for (let index = 0; index < COUNT; index += 1) {
    const folder = ['holiday', 'holiday/day 1', 'holiday/day 2/evening'][index % 3]!;
    // Sizes from nothing to several pieces; names that repeat from folder to folder.
    const name = `${folder}/photo ${Math.floor(index / 3)}.bin`;
    tree.set(name, await makeFile(directory, name, index === 0 ? 0 : index * 70_001));
  }
  return tree;
}

test('a script gets forty downloads, all there at complete', async ({ openPair, directory }) => {
  const tree = await makeTree(directory);
  const { sender, receiver } = await openPair('agent');
  await sender.page.setInputFiles('[data-testid="folder-input"]', path.join(directory, 'holiday'));
  await expect(sender.files).toHaveCount(COUNT);
  await sender.offer();
  await receiver.accept();
  const saved = await receiver.saved();
  expect(saved.size).toBe(COUNT);
  expect(receiver.downloads).toHaveLength(COUNT);

  const { files } = await perkoon(receiver.page);
  expect(files.map((file) => file.path).sort()).toEqual([...tree.keys()].sort());
  for (const file of files) expect(saved.get(file.savedAs!), file.path).toBe(tree.get(file.path)!.sha256);
  const names = files.map((file) => file.savedAs!.toLowerCase());
  expect(new Set(names).size).toBe(COUNT);
});

test('a person gets one ZIP with the whole tree', async ({ openPair, directory }) => {
  const tree = await makeTree(directory);
  const { sender, receiver } = await openPair('people');
  await sender.page.setInputFiles('[data-testid="folder-input"]', path.join(directory, 'holiday'));
  await sender.offer();
  await receiver.accept();
  const downloads = await receiver.complete();
  expect(downloads).toHaveLength(1);
  expect(downloads[0]!.suggestedFilename()).toMatch(/\.zip$/);
  const digests = await sha256OfZip(await downloads[0]!.path());
  const expected = [...tree].map(([name, file]) => [name, file.sha256]);
  expect([...digests].sort()).toEqual(expected.sort());
});

test('files added in two goes are all sent, and a removed one is not', async ({ openPair, directory }) => {
  const [first, second, third] = await Promise.all(['a.txt', 'b.txt', 'c.txt'].map((name) => makeFile(directory, name, 1000)));
  const { sender, receiver } = await openPair('agent');
  await sender.add(first!.path, second!.path);
  await sender.add(third!.path);
  await sender.files.filter({ hasText: 'b.txt' }).getByTestId('file-remove').click();
  await expect(sender.files).toHaveCount(2);
  await sender.offer();
  await receiver.accept();
  expect(await receiver.saved()).toEqual(new Map([['a.txt', first!.sha256], ['c.txt', third!.sha256]]));
  await waitForStatus(sender.page, ['complete']);
});
