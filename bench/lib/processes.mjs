// What a browser's processes hold in memory that they share with no other process.

import { readFileSync, readdirSync } from "node:fs";

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // The process has ended since it was listed.
    return "";
  }
}

/** Every process's parent, by process id. */
function parents() {
  const found = new Map();
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    // The command's name is in parentheses and may hold anything; the state and the parent follow it.
    const fields = read(`/proc/${entry}/stat`).split(") ").at(-1).split(" ");
    found.set(Number(entry), Number(fields[1]));
  }
  return found;
}

/** The processes that this one has started and that still run. */
export function children() {
  return [...parents()].filter(([, parent]) => parent === process.pid).map(([child]) => child);
}

function tree(root, all) {
  const found = [root];
  for (const member of found) for (const [child, parent] of all) if (parent === member) found.push(child);
  return found;
}

/** Private bytes of the process and all its descendants. */
export function privateBytes(root, all = parents()) {
  let kibibytes = 0;
  for (const member of tree(root, all)) {
    for (const [, amount] of read(`/proc/${member}/smaps_rollup`).matchAll(/^Private_\w+:\s+(\d+) kB$/gm)) kibibytes += Number(amount);
  }
  return kibibytes * 1024;
}

/** Starts something by `launch` and tells which process it is. */
export async function launched(launch) {
  const before = new Set(children());
  const result = await launch();
  const [pid, ...others] = children().filter((child) => !before.has(child));
  if (pid === undefined || others.length > 0) throw new Error("the browser's process cannot be told from others");
  return { result, pid };
}

/** Samples the private bytes of several process trees until stopped; `stop` gives each one's highest. */
export function watchPeaks(pids, everyMilliseconds = 500) {
  const peaks = pids.map(() => 0);
  const sample = () => {
    const all = parents();
    pids.forEach((pid, index) => (peaks[index] = Math.max(peaks[index], privateBytes(pid, all))));
  };
  sample();
  const timer = setInterval(sample, everyMilliseconds);
  return {
    stop() {
      clearInterval(timer);
      sample();
      return peaks;
    },
  };
}

/** Reads a process's own count of its highest resident memory (VmHWM) until stopped; `stop` gives the last, in bytes. */
export function watchHighest(pid, everyMilliseconds = 100) {
  let highest = 0;
  const sample = () => {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1];
    if (kibibytes) highest = Number(kibibytes) * 1024;
  };
  sample();
  const timer = setInterval(sample, everyMilliseconds);
  return {
    stop() {
      clearInterval(timer);
      sample();
      return highest;
    },
  };
}
