// Writes received pieces into the origin private file system through synchronous access handles, which exist only in workers.
//
// From the page:  {kind: 'write', folder, file, offset, buffers}; {kind: 'finish', folder, file}; {kind: 'discard', folder}.
// To the page:    {kind, file, offset} when it is done; {kind: 'failed', name, message}.
// Messages are carried out one after the other, in the order sent.
'use strict';

importScripts('received-memory.js');

// The disk gets what has been written in parts of this size: left to the end, flushing a large file takes seconds or minutes.
const FLUSH_BYTES = 8 * 1024 * 1024;

const handles = new Map();
let unflushed = 0;
let turn = Promise.resolve();

self.onmessage = ({ data }) => {
  turn = turn.then(() => carryOut(data)).catch(({ name, message }) => self.postMessage({ kind: 'failed', name, message }));
};

async function carryOut(order) {
  const { kind, file, offset } = order;
  if (kind === 'write') write(await open(order), order);
  else if (kind === 'finish') await finish(order);
  else if (kind === 'discard') await discard(order);
  self.postMessage({ kind, file, offset });
}

async function open({ folder, file }) {
  if (!handles.has(file)) {
    const directory = await folderHandle(folder);
    const entry = await directory.getFileHandle(String(file), { create: true });
    handles.set(file, await entry.createSyncAccessHandle());
  }
  return handles.get(file);
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
  handle.flush();
  handle.close();
  handles.delete(order.file);
}

async function discard({ folder }) {
  for (const handle of handles.values()) handle.close();
  handles.clear();
  const root = await navigator.storage.getDirectory();
  await root.removeEntry(folder, { recursive: true }).catch(() => {});
}

async function folderHandle(folder) {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(folder, { create: true });
}
