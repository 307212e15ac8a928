// A tab that nobody sees transfers as fast as one that is looked at. Browsers let the timers of hidden tabs come once a second, and later
// more rarely still: nothing that moves bytes may wait for one.

import path from 'node:path';
import type { Page } from 'puppeteer-core';
import { full } from '../support/browser';
import { MB, makeFile } from '../support/files';
import { test as base, expect } from '../support/puppeteer/fixtures';
import { Receiver, Sender } from '../support/puppeteer/party';
import { SlowLink } from '../support/puppeteer/slow_link';
import { Window } from '../support/puppeteer/windows';
import type { Mode } from '../support/receiver';

const SIDES = ['sender', 'receiver'] as const;
type Side = (typeof SIDES)[number];
type Windows = Record<Side, Window>;

/** Far below what processors can do: browsers give those of hidden tabs less of a processor that others want too, and that is not what
 * is measured. A sender that had to wait a second each time the lane's buffer wants more would not come near: the buffer holds 32 KiB at
 * first, and a hundredth of what went through it more. */
const BYTES_PER_SECOND = 1_500_000;

const test = base.extend<{ windows: Windows }>({
  windows: async ({ directory, pageErrors }, use) => {
    const open = (side: Side) => Window.open(path.join(directory, side), pageErrors);
    const windows = { sender: await open('sender'), receiver: await open('receiver') };
    await use(windows);
    for (const side of SIDES) await windows[side].close();
  },
});

/** What is looked at, and what is not. */
async function hide(windows: Windows, hidden: readonly Side[]): Promise<void> {
  for (const side of SIDES) await windows[side].show(hidden.includes(side) ? 'other' : 'page');
}

interface Progress {
  readonly at: number;
  readonly bytes: number;
}

/** Page function: notes each word of progress, which comes with bytes and not with the clock. */
function noteProgress() {
  const noted: Progress[] = [];
  Object.assign(window, { noted });
  document.addEventListener('perkoon:transfer:progress', () => {
    noted.push({ at: performance.now(), bytes: window.__perkoon.transfer.bytesTransferred });
  });
}

/** Bytes a second that arrive in the next so many seconds. */
async function speed(page: Page, seconds: number): Promise<number> {
  const before = await page.evaluate(() => (window as unknown as { noted: Progress[] }).noted.length);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const noted = await page.evaluate((count) => (window as unknown as { noted: Progress[] }).noted.slice(count), before);
  const [first, last] = [noted[0], noted.at(-1)];
  expect(noted.length, 'words of progress').toBeGreaterThan(1);
  return ((last!.bytes - first!.bytes) * 1000) / (last!.at - first!.at);
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

interface Setting {
  readonly windows: Windows;
  readonly url: string;
  readonly directory: string;
  readonly mode: Mode;
  readonly size: number;
}

/** Runs `measure` in the middle of a transfer over a path of that speed, and expects the file to arrive. */
async function duringTransfer({ windows, url, directory, mode, size }: Setting, measure: (page: Page) => Promise<void>): Promise<void> {
  const link = await SlowLink.open(BYTES_PER_SECOND);
  try {
    for (const side of SIDES) await link.lead(windows[side].page, side);
    const sender = await Sender.open(windows.sender.page, url, mode);
    const receiver = await Receiver.open(windows.receiver.page, windows.receiver.downloads, await sender.shareUrl(), mode);
    await expectThrottled(windows);
    const file = await makeFile(directory, 'file.bin', size);
    await receiver.page.evaluate(noteProgress);
    await sender.add(file.path);
    await sender.offer();
    await receiver.accept();
    await receiver.waitForBytes(1 << 20);
    await measure(receiver.page);
    expect(await receiver.saved(1, 300_000)).toEqual(new Map([[file.name, file.sha256]]));
    await sender.waitForStatus(['complete']);
  } finally {
    link.close();
  }
}

/** Without this the test would show nothing. */
async function expectThrottled(windows: Windows): Promise<void> {
  await hide(windows, SIDES);
  for (const side of SIDES) expect(await windows[side].ticksPerSecond(), `ticks a second, ${side}`).toBeLessThan(3);
  await hide(windows, []);
  for (const side of SIDES) expect(await windows[side].ticksPerSecond(), `ticks a second, ${side}`).toBeGreaterThan(5);
}

for (const mode of ['agent', 'people'] as const) {
  test(`a transfer goes on and ends in hidden tabs, ${mode}`, async ({ windows, url, directory }) => {
    test.setTimeout(240_000);
    await duringTransfer({ windows, url, directory, mode, size: 60 * MB }, async (page) => {
      const speeds: Record<string, number[]> = { nobody: [], sender: [], receiver: [] };
      // In turn, so that whatever else the machine does meets all alike.
      for (let round = 0; round < 3; round += 1) {
        for (const [hidden, measured] of Object.entries(speeds)) {
          await hide(windows, SIDES.filter((side) => side === hidden));
          measured.push(await speed(page, 3));
        }
      }
      await hide(windows, SIDES);
      console.log(`${mode}, kB a second with a hidden tab: ${Object.entries(speeds).map(([hidden, of]) => `${hidden} ${of.map((bytes) => Math.round(bytes / 1000)).join(' ')}`).join('; ')}`);
      for (const side of SIDES) expect(median(speeds[side]!), `${side} hidden`).toBeGreaterThan(median(speeds.nobody!) * 0.6);
    });
  });
}

if (full) {
  for (const side of SIDES) {
    test(`three minutes in a hidden tab, ${side}`, async ({ windows, url, directory }) => {
      test.setTimeout(900_000);
      await duringTransfer({ windows, url, directory, mode: 'agent', size: 330 * BYTES_PER_SECOND }, async (page) => {
        const slices = async (hidden: readonly Side[], count: number) => {
          await hide(windows, hidden);
          const speeds: number[] = [];
          for (let slice = 0; slice < count; slice += 1) speeds.push(await speed(page, 10));
          return median(speeds);
        };
        // Hidden first, while the lane's buffer is small.
        const unseen = await slices([side], 18);
        expect(await windows[side].ticksPerSecond(), 'ticks a second, to the end').toBeLessThan(3);
        const seen = await slices([], 9);
        console.log(`${side}: ${Math.round(seen / 1000)} kB a second in sight, ${Math.round(unseen / 1000)} hidden`);
        expect(unseen).toBeGreaterThan(seen * 0.9);
      });
    });
  }
}
