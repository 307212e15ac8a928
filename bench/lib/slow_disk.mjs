// A disk of a chosen speed: a file system in a file, on a loop device that the block layer throttles, whose unwritten pages are
// capped, so that whoever writes to it is held back as by a slow drive and not by nothing until memory is full.
//
// Needs root, loop devices and the `blkio` controller of control groups, version 1 (whose root group throttles writeback).

import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

const THROTTLE = "/sys/fs/cgroup/blkio/blkio.throttle.write_bps_device";
const UNWRITTEN_BYTES = 16 << 20;

const run = (program, ...words) => execFileSync(program, words, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();

/** Makes the disk below `directory`, gives its mount point to `work`, and takes it away again. */
export async function withSlowDisk({ directory, bytes, bytesPerSecond }, work) {
  const undo = [];
  try {
    return await work(makeDisk({ directory, bytes, bytesPerSecond }, undo));
  } finally {
    for (const step of undo.reverse()) step();
  }
}

function makeDisk({ directory, bytes, bytesPerSecond }, undo) {
  const [image, mount] = [path.join(directory, "slow_disk.img"), path.join(directory, "slow_disk")];
  mkdirSync(mount, { recursive: true });
  run("truncate", "--size", String(bytes), image);
  undo.push(() => rmSync(image));
  // A journal would write everything twice.
  run("mkfs.ext4", "-q", "-F", "-O", "^has_journal", "-m", "0", image);
  const device = run("losetup", "--find", "--show", image);
  undo.push(() => run("losetup", "--detach", device));
  run("mount", device, mount);
  undo.push(() => run("umount", mount));
  throttle(run("lsblk", "--nodeps", "--noheadings", "--output", "MAJ:MIN", device), bytesPerSecond, undo);
  return mount;
}

function throttle(number, bytesPerSecond, undo) {
  writeFileSync(`/sys/class/bdi/${number}/strict_limit`, "1");
  writeFileSync(`/sys/class/bdi/${number}/max_bytes`, String(UNWRITTEN_BYTES));
  writeFileSync(THROTTLE, `${number} ${bytesPerSecond}`);
  undo.push(() => writeFileSync(THROTTLE, `${number} 0`));
}
