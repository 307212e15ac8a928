// Everything that is done in the origin private file system: received pieces are written through synchronous access handles, which
// exist only in workers, and folders of received files are listed and removed.
//
// From the page:  {kind: 'note', folder, file, text} for a file that says what the others are; {kind: 'write', folder, file, offset, buffers};
//                 {kind: 'recall', folder, file, offset, length}; {kind: 'finish', folder, file, size}; {kind: 'shelve'}, which leaves
//                 everything where it is; {kind: 'discard', folder}; {kind: 'list'}; {kind: 'remove', folder, file}, without a file for
//                 the whole folder.
// To the page:    {kind, file, offset} when it is done; for 'recall' with the bytes, unless they are not there; for 'finish' with the
//                 content; for 'list' with the folders; {kind: 'failed', name, message}.
// Messages are carried out one after the other, in the order sent: a folder is not removed while one of its files is being removed.
'use strict';

importScripts('received-memory.js');

// The disk gets what has been written in parts of this size: left to the end, flushing a large file takes seconds or minutes.
const FLUSH_BYTES = 8 * 1024 * 1024;

// The writer of a page that was loaded again or has crashed lets go of its files a moment after its successor asks for them.
const PREDECESSOR_MS = 5000;
const LOOK_MS = 50;

// The name of the note; files have numbers for names.
const RECORD = 'record.json';
const LOOKED_AT = 1000;

const handles = new Map();
let unflushed = 0;
let turn = Promise.resolve();

self.onmessage = ({ data }) => {
  turn = turn.then(() => carryOut(data)).catch(({ name, message }) => self.postMessage({ kind: 'failed', name, message }));
};

async function carryOut(order) {
  const { kind, file, offset } = order;
  const answer = await ACTIONS[kind](order);
  self.postMessage({ kind, file, offset, ...answer }, answer?.bytes ? [answer.bytes.buffer] : []);
}

const ACTIONS = { note, write, recall, finish, shelve, discard, list, remove };

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

async function note(order) {
  const handle = await open(order);
  const bytes = new TextEncoder().encode(order.text);
  handle.truncate(0);
  handle.write(bytes, { at: 0 });
  handle.flush();
  handle.close();
  handles.delete(order.file);
}

async function recall(order) {
  const bytes = new Uint8Array(order.length);
  const there = (await open(order)).read(bytes, { at: order.offset }) === order.length;
  return there ? { bytes } : {};
}

async function write(order) {
  const handle = await open(order);
  const { offset, buffers } = order;
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
  return { content: await content(await folderHandle(order.folder), order.file) };
}

async function shelve() {
  closeAll();
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

async function list() {
  const root = await navigator.storage.getDirectory();
  const folders = [];
  for await (const [name, directory] of root.entries()) {
    if (name.startsWith('perkoon-')) folders.push({ name, ...(await look(directory)) });
  }
  return { folders };
}

// The folder's note, and how much there is of the files that it names: how many are begun, as much of the last of those as there is,
// and the size of the first thousand together. Files are begun in order: the first that is not there is found by halving.
async function look(directory) {
  const note = await content(directory, RECORD).then((file) => file.text(), () => '');
  let begun = 0;
  let last = 0;
  let missing = Number(/"files":(\d+)/.exec(note)?.[1] ?? 0);
  while (begun < missing) {
    const middle = Math.floor((begun + missing) / 2);
    const found = await content(directory, middle).catch(() => undefined);
    if (found) [begun, last] = [middle + 1, found.size];
    else missing = middle;
  }
  let bytes = 0;
  for (let file = 0; file < Math.min(begun, LOOKED_AT); file += 1) bytes += await content(directory, file).then(({ size }) => size, () => 0);
  return { note, begun, last, bytes };
}

async function remove({ folder, file }) {
  const root = await navigator.storage.getDirectory();
  if (file === undefined) await root.removeEntry(folder, { recursive: true });
  else await (await root.getDirectoryHandle(folder)).removeEntry(String(file));
}

async function content(directory, file) {
  return (await directory.getFileHandle(String(file))).getFile();
}

async function folderHandle(folder) {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(folder, { create: true });
}
