// What a transfer costs in memory: private bytes, summed over all processes of each browser, at their highest.
//
// A transfer ten times as large must not cost more, nor one to a disk that is much slower than the connection.
// Options: --small MB (200), --large MB (2000), --slow MB (200), --disk MB/s (4; 0 leaves the slow disk out).

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";

import { launch, launchPersistent } from "./lib/browser.mjs";
import { makeFile, outputDirectory } from "./lib/files.mjs";
import { accept, offer } from "./lib/perkoon.mjs";
import { launched, privateBytes, watchPeaks } from "./lib/processes.mjs";
import { withServer } from "./lib/server.mjs";
import { withSlowDisk } from "./lib/slow_disk.mjs";

const { values: options } = parseArgs({
  options: {
    small: { type: "string", default: "200" },
    large: { type: "string", default: "2000" },
    slow: { type: "string", default: "200" },
    disk: { type: "string", default: "4" },
  },
});
const [small, large, slow, disk] = [options.small, options.large, options.slow, options.disk].map((text) => Number(text) * 1e6);
const BUDGET = 64e6;
const TIMEOUT = 3_600_000;
const say = (text) => process.stdout.write(`${text}\n`);
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;

/** The receiver's browser: a default context for the service worker's sink, a profile on disk for OPFS. */
async function launchReceiver(sink, directory) {
  if (sink === "sw-download") {
    const { result, pid } = await launched(() => launch({ downloadsPath: directory }));
    return { context: await result.newContext({ acceptDownloads: true }), close: () => result.close(), pid };
  }
  const { result, pid } = await launched(() => launchPersistent(path.join(directory, "profile"), { downloadsPath: directory, acceptDownloads: true }));
  return { context: result, close: () => result.close(), pid };
}

/** One transfer with fresh browsers, receiving below `directory`: each side's bytes before Accept and at their highest. */
async function measure({ url, sink, bytes, directory }) {
  const file = await makeFile("memory.bin", bytes);
  const place = await mkdtemp(path.join(directory, "receiver-"));
  const sending = await launched(() => launch());
  const receiving = await launchReceiver(sink, place);
  try {
    const sender = await sending.result.newContext();
    const pages = await offer({ sender, receiver: receiving.context, url, file, sink });
    const pids = [sending.pid, receiving.pid];
    const before = pids.map((pid) => privateBytes(pid));
    const peaks = watchPeaks(pids);
    const received = accept(pages, TIMEOUT);
    const [senderPeak, receiverPeak] = await received.then(() => peaks.stop(), () => peaks.stop());
    const { download, seconds } = await received;
    if (await download.failure()) throw new Error(`${sink}: the download failed`);
    say(
      `${sink}, ${bytes / 1e6} MB, ${(bytes / 1e6 / seconds).toFixed(1)} MB/s: ` +
        `sender ${megabytes(before[0])}, at most ${megabytes(senderPeak)}; receiver ${megabytes(before[1])}, at most ${megabytes(receiverPeak)}`,
    );
    return { sink, bytes, seconds, before, peak: [senderPeak, receiverPeak] };
  } finally {
    await receiving.close();
    await sending.result.close();
    await rm(place, { recursive: true, force: true });
    await rm(file);
  }
}

/** Says by how much the second measurement's peaks lie above the first's; whether that is within the budget. */
function compare(title, first, second) {
  const growth = second.peak.map((peak, side) => peak - first.peak[side]);
  const within = growth.every((bytes) => bytes < BUDGET);
  say(`  ${title}: sender ${megabytes(growth[0])}, receiver ${megabytes(growth[1])}: ${within ? "within" : "OVER"} ${megabytes(BUDGET)}`);
  return within;
}

async function measureSink(url, sink) {
  const at = { url, sink, directory: outputDirectory };
  const measured = [await measure({ ...at, bytes: small }), await measure({ ...at, bytes: large })];
  let within = compare(`growth from ${small / 1e6} MB to ${large / 1e6} MB`, ...measured);
  if (disk > 0) {
    const image = { directory: outputDirectory, bytes: Math.ceil((3 * slow + 500e6) / 4096) * 4096, bytesPerSecond: disk };
    const held = await withSlowDisk(image, (mount) => measure({ ...at, bytes: slow, directory: mount }));
    within = compare(`growth with a disk of ${disk / 1e6} MB/s, ${slow / 1e6} MB`, measured[0], held) && within;
    measured.push({ ...held, disk });
  }
  return { measured, within };
}

await mkdir(outputDirectory, { recursive: true });
const results = [];
await withServer(async (url) => {
  for (const sink of ["sw-download", "opfs"]) results.push(await measureSink(url, sink));
});
await writeFile(path.join(outputDirectory, "memory.json"), JSON.stringify(results, null, 2));
if (!results.every(({ within }) => within)) process.exitCode = 1;
