// What commands send and what they leave on a disk.

import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { makeFile, sha256OfFile } from './files';

/** Makes so many small files in a tree of folders below `name`; answers with their digests, by path below `directory`. */
export async function makeFolder(directory: string, name: string, count: number): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  for (let index = 0; index < count; index += 1) {
    const folder = [name, `${name}/day ${index % 7}`, `${name}/day ${index % 7}/evening`][index % 3]!;
    const file = `${folder}/photo ${index}.bin`;
    digests.set(file, (await makeFile(directory, file, (index * 37) % 4_000)).sha256);
  }
  return digests;
}

/** The SHA-256 of every file in a folder, by its path there; those of it that look unfinished left out. */
export async function sha256OfFolder(directory: string): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  for (const file of await finishedFiles(directory)) digests.set(file, await sha256OfFile(path.join(directory, file)));
  return digests;
}

/** Files in a folder that nobody would take for unfinished ones: neither they nor their folders are hidden or end in `.part`. */
export async function finishedFiles(directory: string): Promise<string[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = found.filter((entry) => !entry.isDirectory()).map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)));
  return files.filter((file) => !file.split('/').some((part) => part.startsWith('.') || part.endsWith('.part'))).sort();
}
