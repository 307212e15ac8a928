import { lstatSync, rmSync, rmdirSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from './failure.mjs';

/** The folder that received files go to. */
export class Directory {
  #path;
  #overwrite;
  /** A folder inside, on the same file system, for what is not whole yet. */
  staging;

  /** Makes the folder where it is missing. */
  static async prepare(directory, overwrite) {
    const prepared = new Directory();
    prepared.#path = path.resolve(directory);
    prepared.#overwrite = overwrite;
    try {
      const made = await mkdir(prepared.#path, { recursive: true });
      prepared.staging = await mkdtemp(path.join(prepared.#path, '.perkoon-'));
      process.on('exit', () => prepared.#tidy(made));
    } catch (error) {
      throw new Failure('FILE_UNREADABLE', `Nothing can be saved in ${directory} (${error.code}). Choose another folder.`);
    }
    return prepared;
  }

  /** Fails when a file of one of these names must not be written. */
  check(names) {
    for (const name of names) this.#target(name);
  }

  /** Waits for a download and gives the file its name; answers with both. */
  async keep(download) {
    const name = download.suggestedFilename();
    const whole = await download.path();
    const target = this.#target(name);
    // Browsers keep downloads from other users.
    await chmod(whole, 0o666 & ~process.umask());
    if (this.#overwrite) await rename(whole, target);
    else await renameToNew(whole, target);
    return { name, target };
  }

  #target(name) {
    const target = path.join(this.#path, path.basename(name));
    if (path.dirname(target) !== this.#path) throw new Failure('PROTOCOL_ERROR', `"${name}" is not a name for a file.`);
    const there = lstatSync(target, { throwIfNoEntry: false });
    if (there?.isDirectory() || (there && !this.#overwrite)) throw exists(target);
    return target;
  }

  /** What was not finished goes, and so do folders that were made for nothing. */
  #tidy(made) {
    rmSync(this.staging, { recursive: true, force: true });
    if (!made) return;
    try {
      for (let folder = this.#path; folder.length >= made.length; folder = path.dirname(folder)) rmdirSync(folder);
    } catch {
      // There is something in it: it stays.
    }
  }
}

/** `rename` replaces what is there; here, the empty file that takes the name for itself or fails. */
async function renameToNew(from, target) {
  const taken = await open(target, 'wx').catch((error) => {
    throw error.code === 'EEXIST' ? exists(target) : error;
  });
  await taken.close();
  try {
    await rename(from, target);
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  }
}

function exists(target) {
  const advice = 'Choose another folder, or allow it with --overwrite.';
  return new Failure('TARGET_EXISTS', `${target} is already there and was left untouched. ${advice}`);
}
