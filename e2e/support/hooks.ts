import { type Page, expect } from '@playwright/test';
import type { Perkoon, PerkoonTransfer, TransferStatus } from '../../public/perkoon';

/** `window.__perkoon` as it is now, without the files' methods. */
export function perkoon(page: Page): Promise<Perkoon> {
  return page.evaluate(() => JSON.parse(JSON.stringify(window.__perkoon)) as Perkoon);
}

const ENDS: TransferStatus[] = ['complete', 'rejected', 'cancelled', 'error'];

/** Waits for one of the statuses; fails at once, with the reason, when the transfer ends in another way. */
export async function waitForStatus(page: Page, statuses: TransferStatus[], timeout = 30_000): Promise<PerkoonTransfer> {
  const awaited = [...statuses, ...ENDS];
  const reached = (wanted: TransferStatus[]) => wanted.includes(window.__perkoon.transfer.status) && window.__perkoon.transfer;
  // Polled by time: a page in the background does not repaint.
  const found = await page.waitForFunction(reached, awaited, { timeout, polling: 20 }).catch(async (error: unknown) => {
    if (page.isClosed()) throw error;
    throw new Error(`${statuses.join(' or ')} is not reached in ${timeout} ms: ${JSON.stringify(await perkoon(page))}`);
  });
  const transfer = (await found.jsonValue()) as PerkoonTransfer;
  if (!statuses.includes(transfer.status)) {
    throw new Error(`the transfer became ${transfer.status}, not ${statuses.join(' or ')}: ${JSON.stringify(transfer.error)}`);
  }
  return transfer;
}

/** Waits until so many are present, this page included. */
export async function waitForParticipants(page: Page, count: number): Promise<void> {
  await page.waitForFunction((wanted) => window.__perkoon.participants.length === wanted, count, { polling: 20 });
}

/** Waits until at least so many bytes of the transfer are through. */
export async function waitForBytes(page: Page, bytes: number): Promise<void> {
  await page.waitForFunction((wanted) => window.__perkoon.transfer.bytesTransferred >= wanted, bytes, { polling: 20, timeout: 40_000 });
}

/** The bytes of a transfer that was cut off, once they have stood still for three seconds: a page that is busy still takes what has left before. */
export async function waitForStandstill(page: Page): Promise<number> {
  let [bytes, looks] = [-1, 0];
  const looksAlike = async () => {
    const { transfer } = await perkoon(page);
    looks = transfer.bytesTransferred === bytes ? looks + 1 : 0;
    bytes = transfer.bytesTransferred;
    expect(bytes, 'it is cut off before its end').toBeLessThan(transfer.totalBytes);
    return looks;
  };
  await expect.poll(looksAlike, { intervals: [1000] }).toBe(3);
  return bytes;
}
