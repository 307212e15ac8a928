// Files to transfer: random enough that nothing can be compressed, the same in every run.

import { createCipheriv, createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";

export const outputDirectory = path.resolve(import.meta.dirname, "../output");

/** Makes a file of `size` bytes below the output directory and answers with its path. */
export async function makeFile(name, size) {
  await mkdir(outputDirectory, { recursive: true });
  const target = path.join(outputDirectory, name);
  const cipher = createCipheriv("aes-128-ctr", createHash("sha256").update(name).digest().subarray(0, 16), Buffer.alloc(16));
  const zeros = Buffer.alloc(1 << 20);
  const file = await open(target, "w");
  for (let left = size; left > 0; left -= zeros.length) await file.write(cipher.update(zeros.subarray(0, Math.min(left, zeros.length))));
  await file.close();
  return target;
}

/** The file's SHA-256, in hexadecimal. */
export async function sha256(file) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}
