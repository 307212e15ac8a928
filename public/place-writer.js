// Writes files to the place a person picked (File System Access): pieces as they are received, or copies of whole private files. The
// browser writes to a hidden copy and puts it in place when it is closed, so that a broken transfer leaves no finished-looking file.
//
// From the page:  {kind: 'open', place, paths} first, with the handle of a file or folder; {kind: 'write', file, offset, buffers} and
//                 {kind: 'finish', file}; {kind: 'copy', folder} for all files of that private folder;
//                 {kind: 'discard'} or {kind: 'shelve'}, which take away what is not finished, of copies all.
// To the page:    {kind, file, offset} when it is done; for 'finish' with the content, for 'copy' with all contents, and while they are
//                 copied {kind: 'copied', bytes}; {kind: 'failed', name, message}.
// Messages are carried out one after the other, in the order sent.
'use strict';

importScripts('received-memory.js');

// Copied at once. The browser passes the bytes on by itself; in between the page shows how far it is, and can be stopped.
const PART_BYTES = 8 * 1024 * 1024;

const ACTIONS = { open, write, finish, copy, discard, shelve: discard };

let place;
let paths;
// By number: pieces of the next file may come before this one is finished.
const unfinished = new Map();
const copies = [];
let stopped = false;
let turn = Promise.resolve();

self.onmessage = ({ data }) => {
  if (ACTIONS[data.kind] === discard) stopped = true;
  turn = turn.then(() => carryOut(data)).catch(({ name, message }) => self.postMessage({ kind: 'failed', name, message }));
};

async function carryOut(order) {
  const { kind, file, offset } = order;
  self.postMessage({ kind, file, offset, ...(await ACTIONS[kind](order)) });
}

async function open(order) {
  ({ place, paths } = order);
}

async function write({ file, offset, buffers }) {
  const { stream } = await opened(file);
  let at = offset;
  for (const bytes of buffers) {
    await stream.write({ type: 'write', position: at, data: bytes });
    at += bytes.byteLength;
  }
  letGo(at - offset);
}

async function finish({ file }) {
  const { handle, stream } = await opened(file);
  await stream.close();
  const content = await handle.getFile();
  unfinished.delete(file);
  return { content };
}

async function copy({ folder }) {
  const source = await (await navigator.storage.getDirectory()).getDirectoryHandle(folder);
  const contents = [];
  let bytes = 0;
  for (const file of paths.keys()) {
    const whole = await (await source.getFileHandle(String(file))).getFile();
    const { handle, stream } = await opened(file);
    for (let at = 0; at < whole.size; at += PART_BYTES) {
      self.postMessage({ kind: 'copied', bytes: bytes + at });
      if (stopped) throw new DOMException('It was stopped.', 'AbortError');
      const part = whole.slice(at, at + PART_BYTES);
      await stream.write({ type: 'write', position: at, data: part }).catch((error) => explain(error, handle, at, part));
    }
    bytes += whole.size;
    contents.push((await finish({ file })).content);
    copies.push(handle);
  }
  return { contents };
}

// A full disk may show as a source that cannot be read: of the two ends of a copy, the browser tells of the one that gives up first. Bytes
// from memory have only the one.
async function explain(error, handle, position, part) {
  if (error.name === 'NotReadableError') {
    const data = await part.arrayBuffer();
    const attempt = await handle.createWritable();
    try {
      await attempt.write({ type: 'write', position, data });
    } finally {
      attempt.abort().catch(() => {});
    }
  }
  throw error;
}

async function discard() {
  // Making the handle has left an empty file.
  const begun = [...unfinished.values()];
  for (const { stream } of begun) await stream?.abort().catch(() => {});
  unfinished.clear();
  for (const handle of [...begun.map(({ handle }) => handle), ...copies.splice(0)]) await handle.remove().catch(() => {});
}

async function opened(file) {
  if (!unfinished.has(file)) {
    const begun = { handle: place.kind === 'file' ? place : await newFile(paths[file]) };
    unfinished.set(file, begun);
    begun.stream = await begun.handle.createWritable();
  }
  return unfinished.get(file);
}

// Makes the folders of `path` and a new file in them, beside any that is already there: nothing is overwritten.
async function newFile(path) {
  const parts = path.split('/');
  const name = parts.pop();
  let folder = place;
  for (const part of parts) folder = await folder.getDirectoryHandle(part, { create: true });
  const dot = name.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  let free = name;
  for (let number = 2; await isTaken(folder, free); number += 1) free = `${stem} (${number})${extension}`;
  return folder.getFileHandle(free, { create: true });
}

function isTaken(folder, name) {
  return folder.getFileHandle(name).then(
    () => true,
    (error) => {
      if (error.name === 'NotFoundError') return false;
      // A folder has the name.
      if (error.name === 'TypeMismatchError') return true;
      throw error;
    },
  );
}
