// The ceiling: one ordered, reliable data channel carrying the same buffer over and over, with nothing else in the way.

/** Bytes the sender lets the channel hold before it waits for it to drain. */
const HIGH_WATER = 4 << 20;
const LOW_WATER = 1 << 20;

/** Page function: makes a peer connection and gathers every candidate; answers with the description. */
async function describe({ offer, messageBytes, totalBytes, highWater, lowWater }) {
  const peer = new RTCPeerConnection();
  const now = () => performance.timeOrigin + performance.now();
  const gathered = new Promise((resolve) => {
    peer.addEventListener("icegatheringstatechange", () => peer.iceGatheringState === "complete" && resolve());
  });
  globalThis.peer = peer;

  function pump(channel) {
    const message = new Uint8Array(messageBytes);
    crypto.getRandomValues(message.subarray(0, Math.min(messageBytes, 65536)));
    let sent = 0;
    const fill = () => {
      while (sent < totalBytes && channel.bufferedAmount < highWater) {
        const length = Math.min(messageBytes, totalBytes - sent);
        channel.send(length === messageBytes ? message : message.subarray(0, length));
        sent += length;
      }
    };
    channel.bufferedAmountLowThreshold = lowWater;
    channel.onbufferedamountlow = fill;
    const started = now();
    fill();
    return started;
  }

  function drain(channel, resolve) {
    let received = 0;
    channel.binaryType = "arraybuffer";
    channel.onmessage = ({ data }) => {
      received += data.byteLength;
      if (received === totalBytes) resolve(now());
    };
  }

  if (offer) {
    globalThis.finished = new Promise((resolve) => {
      peer.ondatachannel = ({ channel }) => drain(channel, resolve);
    });
    await peer.setRemoteDescription(offer);
    await peer.setLocalDescription(await peer.createAnswer());
  } else {
    const channel = peer.createDataChannel("ceiling");
    const open = new Promise((resolve) => (channel.onopen = resolve));
    globalThis.start = async () => {
      await open;
      return pump(channel);
    };
    await peer.setLocalDescription(await peer.createOffer());
  }
  await gathered;
  return peer.localDescription.toJSON();
}

/** Moves `totalBytes` in messages of `messageBytes` between two contexts; MB/s, first send to last byte. */
export async function measureRaw({ sender, receiver, messageBytes, totalBytes }) {
  const [from, to] = [await sender.newPage(), await receiver.newPage()];
  try {
    const parameters = { messageBytes, totalBytes, highWater: HIGH_WATER, lowWater: LOW_WATER };
    const offer = await from.evaluate(describe, parameters);
    const answer = await to.evaluate(describe, { ...parameters, offer });
    await from.evaluate((description) => globalThis.peer.setRemoteDescription(description), answer);
    const [started, ended] = await Promise.all([
      from.evaluate(() => globalThis.start()),
      to.evaluate(() => globalThis.finished),
    ]);
    return totalBytes / 1e6 / ((ended - started) / 1e3);
  } finally {
    await from.close();
    await to.close();
  }
}
