// Chromium may miss what leaves the send buffer of a channel that is a moment old, and says nothing until more is sent. What it does
// by chance, these pages do every time.

import { MB, makeFile, sha256OfDownload } from '../support/files';
import { expect, test } from '../support/fixtures';

/** Page function: a lane counts every byte as buffered, and reports nothing, until it is sent to later than its first burst. */
function forgetWhatLeaves() {
  const channel = RTCDataChannel.prototype;
  const lanes = new WeakMap<RTCDataChannel, { sent: number; burst?: number; counting: boolean }>();
  const laneOf = (of: RTCDataChannel) => {
    if (!of.label.startsWith('perkoon-lane-')) return undefined;
    if (!lanes.has(of)) lanes.set(of, { sent: 0, counting: false });
    return lanes.get(of)!;
  };

  const { send } = channel as { send(this: RTCDataChannel, data: unknown): void };
  channel.send = function (this: RTCDataChannel, data: string | Blob | ArrayBuffer | ArrayBufferView) {
    const lane = laneOf(this);
    if (lane) {
      lane.burst ??= performance.now();
      lane.counting ||= performance.now() - lane.burst > 15;
      lane.sent += (data as ArrayBufferView).byteLength;
    }
    send.call(this, data);
  };

  const amount = Object.getOwnPropertyDescriptor(channel, 'bufferedAmount')!.get!;
  Object.defineProperty(channel, 'bufferedAmount', {
    get(this: RTCDataChannel) {
      const lane = laneOf(this);
      return lane && !lane.counting ? lane.sent : amount.call(this);
    },
  });

  // Registered before any listener of the page's own.
  const create = RTCPeerConnection.prototype.addEventListener;
  RTCPeerConnection.prototype.addEventListener = function (this: RTCPeerConnection, kind: string, ...rest: unknown[]) {
    if (kind === 'datachannel') {
      create.call(this, kind, (event) => {
        const { channel } = event as RTCDataChannelEvent;
        channel.addEventListener('bufferedamountlow', (low) => {
          if (laneOf(channel)?.counting === false) low.stopImmediatePropagation();
        });
      });
    }
    Reflect.apply(create, this, [kind, ...rest]);
  };
}

test('a lane whose first bytes are never counted as sent goes on', async ({ contexts, openPair, directory }) => {
  await contexts[0].addInitScript(forgetWhatLeaves);
  const file = await makeFile(directory, 'file.bin', 20 * MB);
  const { sender, receiver } = await openPair();
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  const [download] = await receiver.complete();
  expect(await sha256OfDownload(download!)).toBe(file.sha256);
});
