import { createCipheriv, createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Download } from '@playwright/test';

/** A file on disk whose content follows from its seed. */
export interface SeededFile {
  readonly path: string;
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

export const MB = 1_000_000;
const CHUNK = Buffer.alloc(1 << 20);

/** A directory below `e2e/output`, which is never committed. */
export function outputDirectory(name: string): string {
  return path.resolve(import.meta.dirname, '../output', name);
}

/** The content of `size` bytes that follows from `seed`, chunk by chunk: no file is ever held in memory. */
export function* seededChunks(size: number, seed: string): Generator<Buffer> {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16);
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
  for (let left = size; left > 0; left -= CHUNK.length) {
    yield cipher.update(CHUNK.subarray(0, Math.min(left, CHUNK.length)));
  }
}

/** Makes a file of `size` bytes; `name` may hold folders. */
export async function makeFile(directory: string, name: string, size: number, seed = name): Promise<SeededFile> {
  const target = path.join(directory, name);
  await mkdir(path.dirname(target), { recursive: true });
  const hash = createHash('sha256');
  const file = await open(target, 'w');
  try {
    for (const chunk of seededChunks(size, seed)) {
      hash.update(chunk);
      await file.write(chunk);
    }
  } finally {
    await file.close();
  }
  return { path: target, name: path.basename(name), size, sha256: hash.digest('hex') };
}

export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

/** The digest of what the browser saved; fails when the download did. */
export async function sha256OfDownload(download: Download): Promise<string> {
  const saved = await download.path();
  return sha256OfFile(saved);
}
