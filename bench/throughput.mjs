// How much of the raw data channel's speed a transfer of a real file to a saved file reaches.
//
// Each round measures, one after the other, the raw channel with every message size and the transfer with every sink, so that a
// busy minute of the machine hits them alike. The ceiling is the raw channel with the message size whose median is the highest; a
// round's ratio compares with that size's speed in the same round. Also shown is the ratio to the fastest of the round's three: being
// the largest of three noisy numbers, that one is higher than what the channel sustains.
// Options: --rounds N (5), --megabytes N (300).

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";

import { withPair } from "./lib/browser.mjs";
import { makeFile, outputDirectory, sha256 } from "./lib/files.mjs";
import { accept, offer } from "./lib/perkoon.mjs";
import { measureRaw } from "./lib/raw_channel.mjs";
import { withServer } from "./lib/server.mjs";
import { summary } from "./lib/statistics.mjs";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    megabytes: { type: "string", default: "300" },
    "raw-only": { type: "boolean", default: false },
  },
});
const [rounds, bytes] = [Number(options.rounds), Number(options.megabytes) * 1e6];
const messages = [16 << 10, 64 << 10, 256 << 10];
const sinks = options["raw-only"] ? [] : ["sw-download", "opfs"];
const say = (text) => process.stdout.write(`${text}\n`);

/** MB/s of one transfer, from the click on Accept to complete and the file saved; its bytes are compared afterwards. */
async function measurePerkoon({ pair, url, file, digest, sink }) {
  const pages = await offer({ ...pair, url, file, sink });
  const { download, seconds } = await accept(pages);
  const saved = await download.path();
  if ((await sha256(saved)) !== digest) throw new Error(`${sink}: what was saved is not what was sent`);
  await download.delete();
  return bytes / 1e6 / seconds;
}

/** Where the receiver's browser keeps its profile. Without one, the private file system is in memory, which nobody receives into. */
async function withProfile(sink, work) {
  if (sink !== "opfs") return work({});
  const profile = await mkdtemp(path.join(outputDirectory, "profile-"));
  return work({ profile }).finally(() => rm(profile, { recursive: true, force: true }));
}

/** One round with so many browser processes: MB/s by name. Every measurement starts with fresh browsers. */
async function measureRound(processes, run) {
  const speeds = { raw: {} };
  for (const messageBytes of messages) {
    const measure = (pair) => measureRaw({ ...pair, messageBytes, totalBytes: bytes });
    speeds.raw[messageBytes >> 10] = await withPair(processes, {}, measure);
  }
  speeds.fastest = Math.max(...Object.values(speeds.raw));
  for (const sink of sinks) {
    const measure = (pair) => measurePerkoon({ pair, sink, ...run });
    speeds[sink] = await withProfile(sink, (options) => withPair(processes, options, measure));
  }
  return speeds;
}

function describe(processes, round, speeds) {
  const raw = Object.entries(speeds.raw).map(([kibibytes, speed]) => `raw ${kibibytes} KiB ${speed.toFixed(1)}`);
  const saved = sinks.map((sink) => `${sink} ${speeds[sink].toFixed(1)}`);
  return `round ${round}, ${processes} process${processes > 1 ? "es" : ""}: ${[...raw, ...saved].join(", ")} MB/s`;
}

/** The message size, in KiB, that is the fastest in the median of all rounds. */
function bestSize(measured) {
  const median = (size) => summary(measured.map(({ raw }) => raw[size])).median;
  return Object.keys(measured[0].raw).reduce((best, size) => (median(size) > median(best) ? size : best));
}

function report(results) {
  for (const [processes, measured] of Object.entries(results)) {
    const best = bestSize(measured);
    say(`\n${processes} browser process${processes > 1 ? "es" : ""}, ${bytes / 1e6} MB, median (lowest to highest) of ${rounds}:`);
    say(`  raw, ${best} KiB  ${summary(measured.map(({ raw }) => raw[best])).text} MB/s`);
    for (const sink of sinks) {
      const ratio = summary(measured.map((speeds) => speeds[sink] / speeds.raw[best]), 3);
      const strict = summary(measured.map((speeds) => speeds[sink] / speeds.fastest), 3);
      say(`  ${sink.padEnd(12)} ${summary(measured.map((speeds) => speeds[sink])).text} MB/s, ratio ${ratio.text}`);
      say(`  ${"".padEnd(12)} to the fastest raw channel of each round: ${strict.text}`);
    }
  }
}

async function measureAll(run) {
  const results = { 1: [], 2: [] };
  for (let round = 1; round <= rounds; round += 1) {
    for (const processes of [1, 2]) {
      const speeds = await measureRound(processes, run);
      results[processes].push(speeds);
      say(describe(processes, round, speeds));
    }
  }
  return results;
}

await mkdir(outputDirectory, { recursive: true });
let results;
if (sinks.length === 0) {
  results = await measureAll({});
} else {
  const file = await makeFile("throughput.bin", bytes);
  const digest = await sha256(file);
  results = await withServer((url) => measureAll({ url, file, digest }));
  await rm(file);
}
report(results);
await writeFile(path.join(outputDirectory, "throughput.json"), JSON.stringify({ rounds, bytes, results }, null, 2));
