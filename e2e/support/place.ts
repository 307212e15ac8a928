// Places that a person picks. No test can press the buttons of the browser's own pickers: here they answer with a folder of the origin
// private file system, whose handles are as real as those of a disk.

import { type Page, expect } from '@playwright/test';
import type { Receiver } from './receiver';

const PLACE = 'picked';

/** Page function, for before the page's own scripts: the pickers answer at once. */
export function pickAtOnce(): void {
  const place = async () => (await navigator.storage.getDirectory()).getDirectoryHandle('picked', { create: true });
  const file = async ({ suggestedName }: { suggestedName: string }) => (await place()).getFileHandle(suggestedName, { create: true });
  Object.assign(window, { showDirectoryPicker: place, showSaveFilePicker: file });
}

/** Has the next picker of a page that picks at once stay open; the answer has the person pick. */
export async function pickLater(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(() => {
    const { showSaveFilePicker } = window as unknown as { showSaveFilePicker(options: object): Promise<FileSystemFileHandle> };
    const picked = new Promise<void>((pick) => Object.assign(window, { pick }));
    const pickOnce = async (options: object) => {
      Object.assign(window, { showSaveFilePicker });
      await picked;
      return showSaveFilePicker(options);
    };
    Object.assign(window, { showSaveFilePicker: pickOnce });
  });
  return () => page.evaluate(() => (window as unknown as { pick(): void }).pick());
}

/** Says yes to the offer, into a picked place. */
export async function acceptIntoPlace({ page }: Receiver): Promise<void> {
  const button = page.getByRole('button', { name: /^(Choose where to save|Save as a folder)…$/ });
  await expect(button).toBeVisible();
  const terms = page.getByTestId('transfer-tos-checkbox');
  if (await terms.isVisible()) await terms.check();
  await button.click();
}

/** The SHA-256 of every file in the place, by its path there. */
export async function sha256OfPlace(page: Page): Promise<Map<string, string>> {
  const found = await page.evaluate(async (place) => {
    const digests: [string, string][] = [];
    const look = async (directory: FileSystemDirectoryHandle, path: string): Promise<void> => {
      for await (const [name, handle] of directory.entries()) {
        if (handle.kind === 'directory') await look(handle as FileSystemDirectoryHandle, `${path}${name}/`);
        else {
          const content = await (handle as FileSystemFileHandle).getFile();
          const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await content.arrayBuffer()));
          digests.push([path + name, [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')]);
        }
      }
    };
    await look(await (await navigator.storage.getDirectory()).getDirectoryHandle(place, { create: true }), '');
    return digests;
  }, PLACE);
  return new Map(found);
}

/** Names of the private folders of received files, the place itself left out. */
export function folders(page: Page): Promise<string[]> {
  return page.evaluate(async (place) => {
    const names: string[] = [];
    for await (const name of (await navigator.storage.getDirectory()).keys()) if (name !== place) names.push(name);
    return names;
  }, PLACE);
}
