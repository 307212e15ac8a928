// A `perkoon serve` of the measurement's own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import readline from "node:readline";

/** The program that is measured. */
export const binary = process.env.PERKOON_BINARY ?? path.resolve(import.meta.dirname, "../../target/release/perkoon");

/** Starts a server on a free port, gives its address to `work`, and stops it. */
export async function withServer(work) {
  const options = ["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--limit-creates", "0", "--limit-joins", "0", "--limit-status", "0"];
  const server = spawn(binary, options, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(server, "exit");
  try {
    const lines = readline.createInterface({ input: server.stdout });
    const [line] = await Promise.race([
      once(lines, "line"),
      ended.then(([code]) => Promise.reject(new Error(`perkoon serve ended with ${code}`))),
    ]);
    return await work(/https?:\/\/\S+/.exec(line)[0]);
  } finally {
    server.kill("SIGTERM");
    await ended;
  }
}
