// Handles of files and folders that a person has dropped onto the page. They are kept in IndexedDB while those files are being sent, so
// that the page can read them again when it is loaded again in the middle of it. A handle is no file: reading it takes the person's
// permission. Loaded when something is dragged over the page, and when a page that was loaded again looks for handles.

// What the page remembers of an offer that was accepted (src/platform/storage.rs).
const OFFER = 'perkoon_offer';

// What a tab left behind that was closed in the middle of a transfer.
const STALE_MS = 24 * 60 * 60 * 1000;

const OVER = ['complete', 'rejected', 'cancelled', 'error'];

// Of everything that was dropped since this page was loaded.
let given = [];

// What the event holds is there only now.
addEventListener('drop', ({ dataTransfer }) => {
  const items = [...(dataTransfer?.items ?? [])].filter(({ kind }) => kind === 'file');
  given.push(...items.map((item) => item.getAsFileSystemHandle?.().catch(() => null)));
});

document.addEventListener('perkoon:transfer:accepted', ({ detail }) => keep(detail.id).catch(() => {}));
for (const end of ['complete', 'rejected', 'error']) {
  document.addEventListener(`perkoon:transfer:${end}`, ({ detail: { id, status } }) => {
    // A session that was locked is told of as an error, too, and the transfer waits.
    if (OVER.includes(status)) forget(id).catch(() => {});
  });
}

async function keep(transfer) {
  const handles = (await Promise.all(given)).filter(Boolean);
  if (handles.length === 0) return;
  await change((store) => {
    store.put({ handles, kept: Date.now() }, transfer);
    store.openCursor().onsuccess = ({ target: { result: cursor } }) => {
      if (!cursor) return;
      if (Date.now() - cursor.value.kept > STALE_MS) cursor.delete();
      cursor.continue();
    };
  });
}

async function forget(transfer) {
  // What fails before it is offered has none.
  if (transfer) await change((store) => store.delete(transfer));
}

// Whether there are handles of what was being sent.
export async function find() {
  return (await kept(offer())).length > 0;
}

// Of the files that were being sent those that can be read, as [path, file]. The person may be asked: it needs a click.
export async function open() {
  const wanted = new Set(offer().files.map(({ path }) => path.join('/')));
  const files = [];
  given = await kept(offer());
  for (const handle of given) {
    const permission = await handle.requestPermission({ mode: 'read' }).catch(() => 'denied');
    if (permission === 'granted') await walk(handle, handle.name, wanted, files);
  }
  return files;
}

async function walk(handle, path, wanted, files) {
  if (handle.kind === 'directory') {
    for await (const child of handle.values()) await walk(child, `${path}/${child.name}`, wanted, files);
  } else if (wanted.delete(path)) {
    // One that is gone is asked for again.
    const file = await handle.getFile().catch(() => undefined);
    if (file) files.push([path, file]);
  }
}

function offer() {
  return JSON.parse(sessionStorage.getItem(OFFER));
}

async function kept({ transfer }) {
  let request;
  await change((store) => (request = store.get(transfer)));
  return request.result?.handles ?? [];
}

// Runs `act` on the store; done when the browser has written it down.
function change(act) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('perkoon', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('handles');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction('handles', 'readwrite');
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
      act(transaction.objectStore('handles'));
      // Once the transaction is done.
      database.close();
    };
  });
}

// Nothing more than having been loaded.
export function watch() {}
