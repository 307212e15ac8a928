// `perkoon send` and `perkoon receive`, as processes whose events are timed and whose memory is watched.

import { spawn } from "node:child_process";
import { once } from "node:events";
import readline from "node:readline";
import { watchHighest } from "./processes.mjs";
import { binary } from "./server.mjs";

/** A command at work. */
export class Command {
  #events = [];
  #news = [];
  #isOver = false;

  constructor(process) {
    this.memory = watchHighest(process.pid);
    readline.createInterface({ input: process.stdout }).on("line", (line) => {
      this.#events.push({ ...JSON.parse(line), at: performance.now() });
      this.#tell();
    });
    this.ended = once(process, "close").then(([code]) => {
      this.#isOver = true;
      this.peak = this.memory.stop();
      this.#tell();
      return code;
    });
    this.process = process;
  }

  /** `perkoon send` of the file; its link is told by `session_created`. */
  static send(url, file) {
    return Command.#run(["send", "--json", "--server", url, file]);
  }

  /** `perkoon receive` of what the link stands for, into a folder. */
  static receive(link, folder) {
    return Command.#run(["receive", "--json", "--output", folder, link]);
  }

  static #run(words) {
    return new Command(spawn(binary, words, { stdio: ["ignore", "pipe", "inherit"] }));
  }

  /** The first event of this name, once it is there. */
  async event(name) {
    for (;;) {
      const found = this.#events.find(({ event }) => event === name);
      if (found) return found;
      if (this.#isOver) throw new Error(`the command ended without ${name}: ${JSON.stringify(this.#events.at(-1))}`);
      await new Promise((resolve) => this.#news.push(resolve));
    }
  }

  /** Seconds from this event until the transfer is complete; waits for the command's end. */
  async secondsFrom(name) {
    const { at: ended } = await this.event("transfer_complete");
    await this.ended;
    return (ended - (await this.event(name)).at) / 1e3;
  }

  /** Ends it, where it has not ended. */
  async kill() {
    if (!this.#isOver) this.process.kill("SIGKILL");
    await this.ended;
  }

  #tell() {
    for (const resolve of this.#news.splice(0)) resolve();
  }
}
