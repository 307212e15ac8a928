// A page that transfers again and again without a reload holds no more after the last transfer than after the fifth.

import type { BrowserContext, Page } from '@playwright/test';
import { full } from '../support/browser';
import { type Pair, expect, openPair, test } from '../support/fixtures';
import { waitForStatus } from '../support/hooks';
import { type HostileFile, chooseFiles } from '../support/hostile_files';
import type { Mode } from '../support/receiver';

const [EARLY, LATE] = [5, full ? 50 : 15];

/** What a page holds at one moment. */
interface Held {
  readonly connections: number;
  readonly channels: number;
  readonly workers: number;
  readonly sockets: number;
  readonly ports: number;
  readonly addresses: number;
  readonly privateFiles: number;
  readonly frames: number;
  readonly listeners: number;
  readonly nodes: number;
  readonly documents: number;
}

/** Counts what the pages make and do not end. Nothing is held on to: what the page lets go of must be free to go. */
async function instrument(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const made: Record<string, WeakRef<object>[]> = { connections: [], channels: [], sockets: [], workers: [], ports: [] };
    const ended = new WeakSet<object>();
    const addresses = new Set<string>();
    const note = <T extends object>(kind: string, thing: T): T => {
      made[kind]!.push(new WeakRef(thing));
      return thing;
    };
    const wrap = (name: 'RTCPeerConnection' | 'WebSocket' | 'Worker', kind: string) => {
      const Original = window[name] as new (...parameters: never[]) => object;
      const Counted = new Proxy(Original, { construct: (target, parameters) => note(kind, Reflect.construct(target, parameters) as object) });
      Object.assign(window, { [name]: Counted });
    };
    const createDataChannel = RTCPeerConnection.prototype.createDataChannel;
    RTCPeerConnection.prototype.createDataChannel = function (...parameters) {
      return note('channels', createDataChannel.apply(this, parameters));
    };
    const channelOf = Object.getOwnPropertyDescriptor(RTCDataChannelEvent.prototype, 'channel')!.get!;
    Object.defineProperty(RTCDataChannelEvent.prototype, 'channel', {
      get(this: RTCDataChannelEvent) {
        return note('channels', channelOf.call(this) as RTCDataChannel);
      },
    });
    wrap('RTCPeerConnection', 'connections');
    wrap('WebSocket', 'sockets');
    wrap('Worker', 'workers');
    const { terminate } = Worker.prototype;
    Worker.prototype.terminate = function () {
      ended.add(this);
      terminate.call(this);
    };
    const port1 = Object.getOwnPropertyDescriptor(MessageChannel.prototype, 'port1')!.get!;
    Object.defineProperty(MessageChannel.prototype, 'port1', {
      get(this: MessageChannel) {
        return note('ports', port1.call(this) as MessagePort);
      },
    });
    const { close } = MessagePort.prototype;
    MessagePort.prototype.close = function () {
      ended.add(this);
      close.call(this);
    };
    const { createObjectURL, revokeObjectURL } = URL;
    URL.createObjectURL = (content) => {
      const address = createObjectURL.call(URL, content);
      addresses.add(address);
      return address;
    };
    URL.revokeObjectURL = (address) => {
      addresses.delete(address);
      revokeObjectURL.call(URL, address);
    };
    const isLive = (thing: object): boolean => {
      if (thing instanceof RTCPeerConnection) return thing.connectionState !== 'closed';
      if (thing instanceof RTCDataChannel) return thing.readyState !== 'closed';
      if (thing instanceof WebSocket) return thing.readyState !== WebSocket.CLOSED;
      return !ended.has(thing);
    };
    const live = (kind: string) => new Set(made[kind]!.map((reference) => reference.deref()).filter((thing) => thing && isLive(thing))).size;
    const files = async (directory: FileSystemDirectoryHandle): Promise<number> => {
      let count = 0;
      for await (const entry of directory.values()) count += entry.kind === 'file' ? 1 : 1 + (await files(entry as FileSystemDirectoryHandle));
      return count;
    };
    const held = async () => ({
      ...Object.fromEntries(Object.keys(made).map((kind) => [kind, live(kind)])),
      addresses: addresses.size,
      privateFiles: await files(await navigator.storage.getDirectory()),
      frames: document.querySelectorAll('iframe').length,
    });
    Object.assign(window, { held });
  });
}

/** What the page holds once everything that can be collected has been. */
async function held(page: Page): Promise<Held> {
  const session = await page.context().newCDPSession(page);
  // What one collection frees may have held on to more.
  for (let round = 0; round < 3; round += 1) await session.send('HeapProfiler.collectGarbage');
  const counted = await page.evaluate(() => (window as unknown as { held: () => Promise<Held> }).held());
  const { jsEventListeners, nodes, documents } = await session.send('Memory.getDOMCounters');
  await session.detach();
  return { ...counted, listeners: jsEventListeners, nodes, documents };
}

async function transferAgain({ sender, receiver }: Pair, file: HostileFile): Promise<void> {
  const more = sender.page.getByRole('button', { name: 'Send more' });
  if (await more.isVisible()) await more.click();
  // Not with `setInputFiles`: the browser remembers the elements it was used on.
  await chooseFiles(sender.page, [file]);
  await sender.offer();
  await receiver.accept();
  await receiver.complete();
  await waitForStatus(sender.page, ['complete']);
}

for (const mode of ['agent', 'agent-opfs', 'people'] as const satisfies Mode[]) {
  test(`${LATE} transfers in one page, ${mode}`, async ({ contexts, url }) => {
    test.setTimeout(400_000);
    await Promise.all(contexts.map(instrument));
    const pair = await openPair(contexts, url, mode);
    const file = { name: 'file.txt', content: 'Perkoon '.repeat(40_000) };
    const pages = [pair.sender.page, pair.receiver.page];
    let early: Held[] = [];
    for (let transfer = 1; transfer <= LATE; transfer += 1) {
      await transferAgain(pair, file);
      if (transfer === EARLY) early = await Promise.all(pages.map(held));
    }
    expect(pair.receiver.downloads).toHaveLength(LATE);
    for (const [index, page] of pages.entries()) {
      // What a transfer leaves is let go of soon after, not always at once.
      await expect.poll(() => held(page), { message: ['sender', 'receiver'][index] }).toEqual(early[index]);
    }
  });
}
