// What the command reaches: with another command, to a page and from one, beside the raw data channel between two browser processes and
// magic-wormhole and sendme between two processes. All of a round goes one after the other, so that a busy minute of the machine hits them alike.
//
// Speeds are from transfer_accepted to transfer_complete (of a receiving command: from receiving_file; between two the slower count). What arrives is compared by its
// SHA-256. Memory is each command's highest resident size (VmHWM); then a transfer ten times as large, which must not cost more.
// Options: --rounds N (3), --megabytes N (300), --small MB (200), --large MB (2000; 0 leaves memory out), --no-wormhole.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";

import { withPair } from "./lib/browser.mjs";
import { Command } from "./lib/command.mjs";
import { makeFile, outputDirectory, sha256 } from "./lib/files.mjs";
import { accept, offered, openReceiver, openSender, start } from "./lib/perkoon.mjs";
import { measureRaw } from "./lib/raw_channel.mjs";
import { transfer as sendmeTransfer, sendmeVersion } from "./lib/sendme.mjs";
import { withServer } from "./lib/server.mjs";
import { summary } from "./lib/statistics.mjs";
import { VERSION, installWormhole, transfer, withMailbox } from "./lib/wormhole.mjs";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    megabytes: { type: "string", default: "300" },
    small: { type: "string", default: "200" },
    large: { type: "string", default: "2000" },
    "no-wormhole": { type: "boolean", default: false },
  },
});
const rounds = Number(options.rounds);
const [bytes, small, large] = [options.megabytes, options.small, options.large].map((text) => Number(text) * 1e6);
const RAW_MESSAGE = 256 << 10;
const BUDGET = 64e6;
const TIMEOUT = 3_600_000;
const say = (text) => process.stdout.write(`${text}\n`);
const megabytes = (amount) => `${(amount / 1e6).toFixed(1)} MB`;

/** Refuses what is not what was sent. */
async function compare(name, saved, digest) {
  if ((await sha256(saved)) !== digest) throw new Error(`${name}: what arrived is not what was sent`);
}

/** Runs `work`, and ends the commands that it has started. */
async function withCommands(work) {
  const started = [];
  const keep = (command) => (started.push(command), command);
  try {
    return await work(keep);
  } finally {
    await Promise.all(started.map((command) => command.kill()));
  }
}

async function commandToCommand({ url, file, digest, folder }) {
  return withCommands(async (keep) => {
    const send = keep(Command.send(url, file));
    const receive = keep(Command.receive((await send.event("session_created")).share_url, folder));
    const both = await Promise.all([send.secondsFrom("transfer_accepted"), receive.secondsFrom("receiving_file")]);
    await compare("command to command", path.join(folder, path.basename(file)), digest);
    return { seconds: Math.max(...both), peaks: { sender: send.peak, receiver: receive.peak } };
  });
}

async function commandToPage({ url, file, digest }) {
  return withPair(1, {}, ({ receiver }) =>
    withCommands(async (keep) => {
      const send = keep(Command.send(url, file));
      const to = await openReceiver(receiver, { link: (await send.event("session_created")).share_url, sink: "sw-download" });
      await offered(to);
      const { download } = await accept({ to }, TIMEOUT);
      const seconds = await send.secondsFrom("transfer_accepted");
      await compare("command to page", await download.path(), digest);
      return { seconds, peaks: { sender: send.peak } };
    }),
  );
}

async function pageToCommand({ url, file, digest, folder }) {
  return withPair(1, {}, ({ sender }) =>
    withCommands(async (keep) => {
      const { from, link } = await openSender(sender, { url, file });
      const receive = keep(Command.receive(link, folder));
      await start(from);
      const seconds = await receive.secondsFrom("receiving_file");
      await compare("page to command", path.join(folder, path.basename(file)), digest);
      return { seconds, peaks: { receiver: receive.peak } };
    }),
  );
}

async function wormhole({ file, digest, folder }) {
  return withMailbox(folder, async (services) => {
    const target = path.join(folder, "received.bin");
    const { seconds, peaks } = await transfer({ options: services, file, target, directory: folder });
    await compare("magic-wormhole", target, digest);
    return { seconds, peaks: { sender: peaks[0], receiver: peaks[1] } };
  });
}

async function sendme({ file, bytes, digest, folder }) {
  const { target, seconds, peaks } = await sendmeTransfer({ file, bytes, directory: folder });
  await compare("sendme", target, digest);
  return { seconds, peaks: { sender: peaks[0], receiver: peaks[1] } };
}

const PAIRINGS = { "command to command": commandToCommand, "command to page": commandToPage, "page to command": pageToCommand };

/** One transfer into a folder of its own: MB/s and peaks. */
async function measure(pairing, run) {
  const folder = await mkdtemp(path.join(outputDirectory, "native-"));
  try {
    const { seconds, peaks } = await pairing({ ...run, folder });
    return { speed: run.bytes / 1e6 / seconds, peaks };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function describe(peaks) {
  return Object.entries(peaks).map(([side, peak]) => `${side} ${megabytes(peak)}`).join(", ");
}

async function measureRounds(pairings, run) {
  const results = { raw: [], ...Object.fromEntries(Object.keys(pairings).map((name) => [name, []])) };
  for (let round = 1; round <= rounds; round += 1) {
    const raw = await withPair(2, {}, (pair) => measureRaw({ ...pair, messageBytes: RAW_MESSAGE, totalBytes: bytes }));
    results.raw.push(raw);
    say(`round ${round}: raw channel ${raw.toFixed(1)} MB/s`);
    for (const [name, pairing] of Object.entries(pairings)) {
      const measured = await measure(pairing, run);
      results[name].push(measured);
      say(`round ${round}: ${name} ${measured.speed.toFixed(1)} MB/s; at most ${describe(measured.peaks)}`);
    }
  }
  return results;
}

function report({ raw, ...measured }) {
  say(`\n${bytes / 1e6} MB, median (lowest to highest) of ${rounds}:`);
  say(`  ${"raw channel".padEnd(24)} ${summary(raw).text} MB/s`);
  for (const [name, all] of Object.entries(measured)) {
    const ratio = summary(all.map(({ speed }, round) => speed / raw[round]), 3);
    say(`  ${name.padEnd(24)} ${summary(all.map(({ speed }) => speed)).text} MB/s, ratio ${ratio.text}`);
  }
}

/** Whether a transfer of many bytes takes no more memory than one of few. */
async function measureGrowth(name, pairing, url) {
  const peaks = [];
  for (const size of [small, large]) {
    const file = await makeFile("native.bin", size);
    const run = { url, file, digest: await sha256(file), bytes: size };
    const measured = await measure(pairing, run).finally(() => rm(file));
    say(`${name}, ${size / 1e6} MB, ${measured.speed.toFixed(1)} MB/s: at most ${describe(measured.peaks)}`);
    peaks.push(measured.peaks);
  }
  const growth = Object.fromEntries(Object.entries(peaks[1]).map(([side, peak]) => [side, peak - peaks[0][side]]));
  const within = Object.values(growth).every((amount) => amount < BUDGET);
  say(`  growth: ${describe(growth)}: ${within ? "within" : "OVER"} ${megabytes(BUDGET)}`);
  return { name, peaks, within };
}

async function measureAll(url) {
  const hasWormhole = !options["no-wormhole"] && installWormhole();
  if (!hasWormhole) say("magic-wormhole is left out: it cannot be installed here, or is not wanted.");
  const file = await makeFile("native.bin", bytes);
  const version = sendmeVersion();
  if (!version) say("sendme is left out: it is not on PATH (cargo install --locked --no-default-features sendme).");
  const pairings = {
    ...PAIRINGS,
    ...(hasWormhole && { [`magic-wormhole ${VERSION}`]: wormhole }),
    ...(version && { [`sendme ${version}`]: sendme }),
  };
  const speeds = await measureRounds(pairings, { url, file, digest: await sha256(file), bytes }).finally(() => rm(file));
  report(speeds);
  const memory = [];
  if (large > 0) for (const [name, pairing] of Object.entries(PAIRINGS)) memory.push(await measureGrowth(name, pairing, url));
  return { rounds, bytes, speeds, memory };
}

await mkdir(outputDirectory, { recursive: true });
const results = await withServer(measureAll);
await writeFile(path.join(outputDirectory, "native.json"), JSON.stringify(results, null, 2));
if (!results.memory.every(({ within }) => within)) process.exitCode = 1;
