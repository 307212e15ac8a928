// magic-wormhole, the file transfer from PyPI, with a mailbox and a transit relay of its own on this machine.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import { outputDirectory } from "./files.mjs";
import { watchHighest } from "./processes.mjs";

export const VERSION = "0.24.0";
const PACKAGES = [`magic-wormhole==${VERSION}`, "magic-wormhole-mailbox-server==0.8.0", "magic-wormhole-transit-relay==0.5.0"];
const environment = path.join(outputDirectory, "wormhole");
const CODE = "1-benchmark-only";

/** Installs it below the output directory, unless it is there; whether it can be used. */
export function installWormhole() {
  const mark = path.join(environment, `installed-${VERSION}`);
  if (existsSync(mark)) return true;
  try {
    execFileSync("python3", ["-m", "venv", environment], { stdio: "ignore" });
    execFileSync(path.join(environment, "bin/pip"), ["install", "--quiet", "--disable-pip-version-check", ...PACKAGES], { stdio: "ignore" });
  } catch {
    return false;
  }
  writeFileSync(mark, "");
  return true;
}

/** A port of the loopback interface that nobody listens on. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Waits until somebody listens there. */
async function listening(port) {
  for (let tries = 0; tries < 200; tries += 1) {
    const socket = connect(port, "127.0.0.1");
    const isThere = await once(socket, "connect").then(() => true, () => false);
    socket.destroy();
    if (isThere) return;
    await wait(50);
  }
  throw new Error(`nobody listens on port ${port}`);
}

function start(program, words, directory) {
  const env = { ...process.env, PYTHONUNBUFFERED: "1" };
  return spawn(path.join(environment, "bin", program), words, { cwd: directory, env, stdio: ["ignore", "ignore", "pipe"] });
}

async function stop(program) {
  if (program.exitCode === null && program.signalCode === null) {
    program.kill("SIGKILL");
    await once(program, "exit");
  }
}

/** Starts mailbox and relay in `directory`, gives `work` the options that name them, and stops both. */
export async function withMailbox(directory, work) {
  const [mailbox, relay] = [await freePort(), await freePort()];
  const services = [
    start("twist", ["wormhole-mailbox", `--port=tcp:${mailbox}:interface=127.0.0.1`], directory),
    start("twist", ["transitrelay", `--port=tcp:${relay}:interface=127.0.0.1`], directory),
  ];
  for (const service of services) service.stderr.resume();
  try {
    await Promise.all([mailbox, relay].map(listening));
    return await work(["--relay-url", `ws://127.0.0.1:${mailbox}/v1`, "--transit-helper", `tcp:127.0.0.1:${relay}`]);
  } finally {
    await Promise.all(services.map(stop));
  }
}

/** Sends the file to `target`: seconds from the first byte awaited to the last acknowledged, and both processes' highest memory. */
export async function transfer({ options, file, target, directory }) {
  const sender = start("wormhole", [...options, "send", "--hide-progress", "--code", CODE, file], directory);
  const receiver = start("wormhole", [...options, "receive", "--hide-progress", "--accept-file", "--output-file", target, CODE], directory);
  const memory = [sender, receiver].map(({ pid }) => watchHighest(pid));
  const codes = Promise.all([sender, receiver].map((program) => once(program, "exit")));
  const times = {};
  const told = [];
  sender.stderr.on("data", (text) => told.push(String(text)));
  receiver.stderr.on("data", (text) => {
    told.push(String(text));
    if (/Receiving \(/.test(text)) times.started ??= performance.now();
    if (/Received file written/.test(text)) times.ended ??= performance.now();
  });
  try {
    const ended = await codes;
    if (ended.some(([code]) => code !== 0) || !times.started || !times.ended) throw new Error(`magic-wormhole failed: ${told.join("")}`);
    return { seconds: (times.ended - times.started) / 1e3, peaks: memory.map((watch) => watch.stop()) };
  } finally {
    for (const watch of memory) watch.stop();
    await Promise.all([sender, receiver].map(stop));
  }
}
