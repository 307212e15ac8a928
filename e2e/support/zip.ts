import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { openPromise } from 'yauzl';

/** The SHA-256 of every file in a ZIP, by its path there; reading also checks each CRC and size. */
export async function sha256OfZip(file: string): Promise<Map<string, string>> {
  const zip = await openPromise(file);
  const digests = new Map<string, string>();
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName.endsWith('/')) continue;
    const hash = createHash('sha256');
    await pipeline(await zip.openReadStreamPromise(entry), hash);
    digests.set(entry.fileName, hash.digest('hex'));
  }
  return digests;
}
