// Writes received pieces into the origin private file system through synchronous access handles, which exist only in workers.
//
// From the page:  {kind: 'note', folder, file, text} for a file that says what the others are; {kind: 'write', folder, file, offset, buffers};
//                 {kind: 'recall', folder, file, offset, length}; {kind: 'finish', folder, file, size}; {kind: 'shelve'}, which leaves
//                 everything where it is; {kind: 'discard', folder}.
// To the page:    {kind, file, offset} when it is done, for 'recall' with the bytes, unless they are not there; {kind: 'failed', name, message}.
// Messages are carried out one after the other, in the order sent.
'use strict';

importScripts('received-memory.js');

// The disk gets what has been written in parts of this size: left to the end, flushing a large file takes seconds or minutes.
const FLUSH_BYTES = 8 * 1024 * 1024;

// The writer of a page that was loaded again or has crashed lets go of its files a moment after its successor asks for them.
const PREDECESSOR_MS = 5000;
const LOOK_MS = 50;

const handles = new Map();
let unflushed = 0;
let turn = Promise.resolve();

self.onmessage = ({ data }) => {
  turn = turn.then(() => carryOut(data)).catch(({ name, message }) => self.postMessage({ kind: 'failed', name, message }));
};

async function carryOut(order) {
  const { kind, file, offset } = order;
  if (kind === 'recall') return recall(await open(order), order);
  if (kind === 'write') write(await open(order), order);
  else if (kind === 'note') note(await open(order), order);
  else if (kind === 'finish') await finish(order);
  else if (kind === 'shelve') closeAll();
  else if (kind === 'discard') await discard(order);
  self.postMessage({ kind, file, offset });
}

async function open({ folder, file }) {
  if (!handles.has(file)) {
    const directory = await folderHandle(folder);
    const entry = await directory.getFileHandle(String(file), { create: true });
    handles.set(file, await accessHandle(entry));
  }
  return handles.get(file);
}

async function accessHandle(entry) {
  const end = Date.now() + PREDECESSOR_MS;
  for (;;) {
    try {
      return await entry.createSyncAccessHandle();
    } catch (error) {
      if (error.name !== 'NoModificationAllowedError' || Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
}

function note(handle, { file, text }) {
  const bytes = new TextEncoder().encode(text);
  handle.truncate(0);
  handle.write(bytes, { at: 0 });
  handle.flush();
  handle.close();
  handles.delete(file);
}

function recall(handle, { kind, file, offset, length }) {
  const bytes = new Uint8Array(length);
  const there = handle.read(bytes, { at: offset }) === length;
  self.postMessage({ kind, file, offset, bytes: there ? bytes : undefined }, there ? [bytes.buffer] : []);
}

function write(handle, { offset, buffers }) {
  let at = offset;
  for (const bytes of buffers) {
    const written = handle.write(bytes, { at });
    // The specification lets a full disk show as a short write.
    if (written !== bytes.byteLength) throw new DOMException('The disk is full.', 'QuotaExceededError');
    at += written;
  }
  letGo(at - offset);
  unflushed += at - offset;
  if (unflushed >= FLUSH_BYTES) {
    handle.flush();
    unflushed = 0;
  }
}

async function finish(order) {
  const handle = await open(order);
  // What an earlier attempt left may be longer.
  handle.truncate(order.size);
  handle.flush();
  handle.close();
  handles.delete(order.file);
}

async function discard({ folder }) {
  closeAll();
  // Gone already, or the browser removes it with everything else: nobody waits for it.
  const root = await navigator.storage.getDirectory().catch(() => undefined);
  await root?.removeEntry(folder, { recursive: true }).catch(() => {});
}

function closeAll() {
  for (const handle of handles.values()) handle.close();
  handles.clear();
}

async function folderHandle(folder) {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(folder, { create: true });
}
