// Turns received files into the browser's own downloads: the page hands bytes (or finished files) over a message port, a hidden frame
// asks for an address below `sw-download/`, and the answer to that request is the download. Nothing else is intercepted.
//
// From the page:    {kind: 'open', id, name, size, entries, blobs} with a port;  {kind: 'ping'} keeps the worker alive.
// Over the port to the worker:   {kind: 'bytes', buffers}  one verified piece;  {kind: 'abort'}.
// Over the port to the page:     {kind: 'ready'}; {kind: 'started'} the browser has asked; {kind: 'taken'} a piece has been passed on;
//                                {kind: 'drained'} the browser has taken the last byte; {kind: 'stopped'} the browser gave up.
'use strict';

importScripts('client-zip/worker.js', 'received-memory.js');

const DOWNLOADS = new URL('sw-download/', self.registration.scope).pathname;
// An empty page: when a frame has loaded it, the browser has dealt with the downloads it was asked for before.
const BARRIER = 'barrier';
// Whatever a browser makes of an answer, nothing in it runs.
const INERT = { 'Cache-Control': 'no-store', 'Content-Security-Policy': "default-src 'none'", 'X-Content-Type-Options': 'nosniff' };
const KEEP_ALIVE_MS = 20_000;
const LOOK_MS = 1_000;
const READ_BYTES = 512 * 1024;
// Safari reads all of a file's stream at once, whether or not it is asked for.
const STREAM_BYTES = 16 * 1024 * 1024;
const waiting = new Map();
// Every download that the browser has not taken to its end.
const unfinished = new Set();

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('message', (event) => {
  const { data, ports, source } = event;
  event.waitUntil(attend(source.id));
  if (data.kind === 'open') {
    const download = new Download(data, source.id, ports[0]);
    waiting.set(download.id, download);
    unfinished.add(download);
    download.tell('ready');
  }
});

// Browsers end a worker without events, Firefox after 30 s, even while one of its streams is being read; and Firefox takes what such a
// stream has given for the whole file. So messages keep the worker alive, and it makes the downloads of a page that is gone fail.
async function attend(page) {
  const end = Date.now() + KEEP_ALIVE_MS;
  while (Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (await self.clients.get(page)) continue;
    for (const download of unfinished) if (download.page === page) download.abort();
    return;
  }
}

self.addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (origin !== self.location.origin || !pathname.startsWith(DOWNLOADS)) return;
  const id = decodeURIComponent(pathname.slice(DOWNLOADS.length));
  if (id === BARRIER) return event.respondWith(new Response('', { headers: { ...INERT, 'Content-Type': 'text/html' } }));
  const download = waiting.get(id);
  waiting.delete(id);
  event.respondWith(download ? download.respond() : new Response('This download is over.', { status: 410, headers: INERT }));
});

class Download {
  constructor({ id, name, size, entries, blobs }, page, port) {
    Object.assign(this, { id, name, size, entries, blobs, page, port });
    this.pieces = [];
    this.untaken = false;
    port.onmessage = ({ data }) => this.hear(data);
  }

  hear({ kind, buffers }) {
    if (kind === 'bytes') this.pieces.push(buffers);
    else if (kind === 'abort') this.abort();
    this.wake?.();
  }

  abort() {
    this.aborted = true;
    waiting.delete(this.id);
    unfinished.delete(this);
    this.controller?.error(new Error('The transfer ended early.'));
  }

  // A stream that fails is not cancelled: the page would wait for ever.
  fail(error) {
    this.end('stopped');
    throw error;
  }

  respond() {
    this.tell('started');
    const [source, size] = this.entries ? this.archive() : [this.single(), this.size];
    const headers = {
      ...INERT,
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': `attachment; filename*=UTF-8''${encode(this.name)}`,
      'Content-Length': String(size),
    };
    return new Response(this.body(source), { headers });
  }

  // The response's body: pulls from the source only when the browser wants more, so that memory stays bounded by the page's window.
  body(source) {
    const pull = async (controller) => {
      const { value, done } = await source.next().catch((error) => this.fail(error));
      if (this.aborted) return;
      if (done) {
        controller.close();
        this.end('drained');
      } else {
        for (const bytes of value) controller.enqueue(bytes);
      }
    };
    const start = (controller) => void (this.controller = controller);
    const cancel = () => this.end('stopped');
    return new ReadableStream({ start, pull, cancel }, { highWaterMark: 0 });
  }

  single() {
    return this.blobs ? blobParts(this.blobs[0]) : this.livePieces(this.size);
  }

  // Exactly `size` bytes of what the page sends; pieces never span files.
  async *livePieces(size) {
    let left = size;
    while (left > 0) {
      const buffers = await this.piece();
      const bytes = buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
      left -= bytes;
      yield buffers;
      letGo(bytes);
    }
    this.taken();
  }

  async piece() {
    this.taken();
    while (this.pieces.length === 0) await new Promise((resolve) => void (this.wake = resolve));
    this.untaken = true;
    return this.pieces.shift();
  }

  // Being asked for more is how the worker knows that the browser took the piece before.
  taken() {
    if (this.untaken) this.tell('taken');
    this.untaken = false;
  }

  archive() {
    const inputs = this.entries.map((entry, index) => ({ ...entry, input: this.input(entry, index) }));
    const response = downloadZip(inputs, { metadata: this.entries });
    return [streamParts(response.body), response.headers.get('Content-Length')];
  }

  input(entry, index) {
    if (this.blobs) return this.blobs[index];
    return flatten(this.livePieces(entry.size));
  }

  end(kind) {
    unfinished.delete(this);
    this.tell(kind);
  }

  tell(kind) {
    this.port.postMessage({ kind });
  }
}

async function* flatten(pieces) {
  for await (const buffers of pieces) yield* buffers;
}

async function* blobParts(blob) {
  for (let start = 0; start < blob.size; start += STREAM_BYTES) yield* partsOf(blob.slice(start, start + STREAM_BYTES));
}

// Reads into the same memory over and over: asked for the next part, the browser has copied the one before.
async function* partsOf(blob) {
  const stream = blob.stream();
  const reader = ownMemoryReader(stream);
  if (!reader) return yield* streamParts(stream);
  let memory = new ArrayBuffer(READ_BYTES);
  for (;;) {
    const { value, done } = await reader.read(new Uint8Array(memory));
    if (done) return;
    memory = value.buffer;
    yield [value];
  }
}

// Browsers whose file streams are not byte streams (older Safari) throw.
function ownMemoryReader(stream) {
  try {
    return stream.getReader({ mode: 'byob' });
  } catch {
    return null;
  }
}

async function* streamParts(stream) {
  const reader = stream.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield [part.value];
}

// RFC 8187 ext-value: `encodeURIComponent` leaves five characters alone that the grammar does not allow.
function encode(name) {
  return encodeURIComponent(name).replace(/['()*!]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
