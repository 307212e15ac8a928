// The archive that people get of several files, as the service worker's library makes it: of more files than the format first allowed.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { runInThisContext } from 'node:vm';
import { openPromise } from 'yauzl';
import { expect, test } from '../support/fixtures';

interface Entry {
  readonly name: string;
  readonly input: string;
  readonly size: number;
}

type DownloadZip = (entries: Entry[], options: { metadata: Entry[] }) => Response;

// On either side of what 16 bits count, and as many as an offer may have.
for (const count of [65_534, 65_535, 100_000]) {
  test(`an archive of ${count} files has them all`, async ({ url, directory }) => {
    const script = await (await fetch(`${url}/client-zip/worker.js`)).text();
    const downloadZip = runInThisContext(`(() => { ${script}; return downloadZip; })()`) as DownloadZip;
    const entries = Array.from({ length: count }, (_, index) => ({ name: `${index}.txt`, input: 'x', size: 1 }));
    const response = downloadZip(entries, { metadata: entries });
    await mkdir(directory, { recursive: true });
    const file = path.join(directory, 'files.zip');
    const writing = createWriteStream(file);
    for await (const part of response.body!) if (!writing.write(part)) await once(writing, 'drain');
    await finished(writing.end());
    expect((await stat(file)).size).toBe(Number(response.headers.get('Content-Length')));

    const zip = await openPromise(file);
    expect(zip.entryCount).toBe(count);
    const names = new Set<string>();
    for await (const { fileName, uncompressedSize } of zip.eachEntry()) if (uncompressedSize === 1) names.add(fileName);
    expect(names).toEqual(new Set(entries.map(({ name }) => name)));
  });
}
