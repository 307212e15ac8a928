// sendme, the file transfer over QUIC from crates.io, from device to device on this machine and without its relays. Building it takes a quarter of an
// hour, so it is measured where it is on PATH: `cargo install --locked --no-default-features sendme`.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, stat } from "node:fs/promises";
import path from "node:path";
import readline from "node:readline";
import { setTimeout as wait } from "node:timers/promises";

import { watchHighest } from "./processes.mjs";

/** Its version; nothing where it is not installed. */
export function sendmeVersion() {
  try {
    return execFileSync("sendme", ["--version"], { encoding: "utf8" }).trim().split(" ").at(-1);
  } catch {
    return undefined;
  }
}

/** Runs it in a folder of its own, where it keeps what it sends or receives. */
async function start(directory, words) {
  await mkdir(directory);
  return spawn("sendme", [...words, "--relay", "disabled"], { cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
}

/** The rest of the first line that begins like this. */
async function line(stream, beginning) {
  for await (const text of readline.createInterface({ input: stream })) {
    if (text.startsWith(beginning)) return text.slice(beginning.length);
  }
  throw new Error(`sendme ended without "${beginning}"`);
}

/** Waits until the file is as large as it is to be. */
async function arrived(file, bytes) {
  // Its own progress is for eyes only.
  while ((await stat(file).catch(() => ({ size: -1 }))).size !== bytes) await wait(10);
}

/** Sends the file: where it arrived, seconds from the first byte awaited until it is there, and both processes' highest memory. */
export async function transfer({ file, bytes, directory }) {
  const programs = [];
  const watches = [];
  const watched = (program) => {
    programs.push(program);
    watches.push(watchHighest(program.pid));
    return program;
  };
  const [from, to] = ["sender", "receiver"].map((name) => path.join(directory, name));
  try {
    const sender = watched(await start(from, ["send", "--no-progress", file]));
    sender.stderr.resume();
    const ticket = await line(sender.stdout, "sendme receive ");
    const receiver = watched(await start(to, ["receive", "--no-progress", ticket]));
    receiver.stdout.resume();
    await line(receiver.stderr, "getting collection ");
    const started = performance.now();
    const target = path.join(to, path.basename(file));
    const failed = once(receiver, "exit").then(([code]) => (code === 0 ? arrived(target, bytes) : Promise.reject(new Error(`sendme ended with ${code}`))));
    await Promise.race([arrived(target, bytes), failed]);
    const seconds = (performance.now() - started) / 1e3;
    return { target, seconds, peaks: watches.map((watch) => watch.stop()) };
  } finally {
    for (const watch of watches) watch.stop();
    for (const program of programs) {
      if (program.exitCode !== null || program.signalCode !== null) continue;
      program.kill("SIGKILL");
      await once(program, "exit");
    }
  }
}
