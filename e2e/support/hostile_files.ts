import { createHash } from 'node:crypto';
import type { Page } from '@playwright/test';

/** A file made inside the page, with a name no disk would hold. */
export interface HostileFile {
  readonly name: string;
  readonly content: string;
}

export function hostileFile(name: string, index: number): HostileFile {
  return { name, content: `${index}: ${name}` };
}

export function sha256OfText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Puts the files into the page's own input, as a browser would after its picker. */
export async function chooseFiles(page: Page, files: HostileFile[]): Promise<void> {
  await page.getByTestId('file-input').evaluate((element, chosen) => {
    const transfer = new DataTransfer();
    for (const { name, content } of chosen) transfer.items.add(new File([content], name));
    const input = element as HTMLInputElement;
    input.files = transfer.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  }, files);
}

/** Drops the files onto the page. */
export async function dropFiles(page: Page, files: HostileFile[]): Promise<void> {
  await page.getByTestId('drop-zone').evaluate((element, dropped) => {
    const dataTransfer = new DataTransfer();
    for (const { name, content } of dropped) dataTransfer.items.add(new File([content], name));
    for (const type of ['dragenter', 'dragover', 'drop']) {
      element.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    }
  }, files);
}
