// Files that a person drops onto the page, with handles. No test can drag from a real desk: this one is a folder of the origin private
// file system, whose handles are as real as those of a disk.

import type { Page } from '@playwright/test';
import type { SeededFile } from './files';

type WithDesk = Window & { desk: Map<string, FileSystemHandle> };

/** Page function, for before the page's own scripts: what is dropped and has the name of something on the desk is that thing. */
export function dropFromDesk(): void {
  const desk = new Map<string, FileSystemHandle>();
  Object.assign(window, { desk });
  const children = async (folder: FileSystemDirectoryHandle, path: string) => {
    const found: FileSystemEntry[] = [];
    for await (const child of folder.values()) found.push(entry(child, `${path}/${child.name}`));
    return found;
  };
  const entry = (handle: FileSystemHandle, path: string): FileSystemEntry => {
    const isDirectory = handle.kind === 'directory';
    const createReader = () => {
      let left = isDirectory ? children(handle as FileSystemDirectoryHandle, path) : Promise.resolve([]);
      const readEntries = (resolve: FileSystemEntriesCallback, reject: ErrorCallback) => {
        void left.then(resolve, reject);
        left = Promise.resolve([]);
      };
      return { readEntries };
    };
    const file = (resolve: FileCallback, reject: ErrorCallback) => void (handle as FileSystemFileHandle).getFile().then(resolve, reject);
    return { isDirectory, isFile: !isDirectory, name: handle.name, fullPath: path, createReader, file } as unknown as FileSystemEntry;
  };
  const dropped = (item: DataTransferItem) => desk.get(item.getAsFile()!.name)!;
  Object.assign(DataTransferItem.prototype, {
    webkitGetAsEntry(this: DataTransferItem) {
      const handle = dropped(this);
      return entry(handle, `/${handle.name}`);
    },
    async getAsFileSystemHandle(this: DataTransferItem) {
      return dropped(this);
    },
  });
}

/** Puts files on the desk, by their paths there. */
export async function putOnDesk(page: Page, files: Record<string, SeededFile>): Promise<void> {
  const input = await page.evaluateHandle(() => Object.assign(document.createElement('input'), { type: 'file', multiple: true }));
  await input.setInputFiles(Object.values(files).map((file) => file.path));
  await page.evaluate(
    async ([{ files: given }, paths]) => {
      const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('desk', { create: true });
      for (const [index, path] of paths.entries()) {
        const parts = path.split('/');
        let folder = root;
        for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part, { create: true });
        const handle = await folder.getFileHandle(parts.at(-1)!, { create: true });
        await given![index]!.stream().pipeTo(await handle.createWritable());
      }
      for await (const [name, handle] of root.entries()) (window as unknown as WithDesk).desk.set(name, handle);
    },
    [input, Object.keys(files)] as const,
  );
  await input.dispose();
}

/** Drags everything that is on the desk over the page, a person's while, and drops it there. */
export async function dropDesk(page: Page): Promise<void> {
  const drag = (type: 'dragenter' | 'drop') =>
    page.getByTestId('drop-zone').evaluate((element, event) => {
      const dataTransfer = new DataTransfer();
      for (const name of (window as unknown as WithDesk).desk.keys()) dataTransfer.items.add(new File([], name));
      element.dispatchEvent(new DragEvent(event, { dataTransfer, bubbles: true, cancelable: true }));
    }, type);
  await Promise.all([page.waitForResponse('**/handles.js'), drag('dragenter')]);
  // Loaded is not yet run.
  await page.evaluate(() => import(`${location.origin}/handles.js`));
  await drag('drop');
}
