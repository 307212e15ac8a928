// What breaks a transfer half-way is said on both sides, and leaves nothing that looks finished.

import { rename, rm, truncate } from 'node:fs/promises';
import { type Said, expectError, expectSaid } from '../../support/errors';
import { MB, makeFile, sha256OfDownload, sha256OfFile } from '../../support/files';
import { type Pair, expect, test } from '../../support/fixtures';
import { perkoon, waitForBytes, waitForParticipants, waitForStatus } from '../../support/hooks';
import { Receiver, type Mode } from '../../support/receiver';

const MODES: Mode[] = ['agent', 'people'];

/** Starts a transfer and waits until some of it is through, and by far not all. */
async function startedTransfer(pair: Pair, file: string): Promise<void> {
  await pair.sender.add(file);
  await pair.sender.offer();
  await pair.receiver.accept();
  await waitForBytes(pair.receiver.page, 1 << 20);
}

async function expectUnfinished({ receiver }: Pair): Promise<void> {
  const { transfer, files } = await perkoon(receiver.page);
  expect(transfer.percent).toBeLessThan(100);
  for (const file of files) expect(file.status).not.toBe('complete');
  await receiver.expectNothingSaved();
}

test('someone else comes while the one who was asked leaves', async ({ browser, openPair, directory }) => {
  const file = await makeFile(directory, 'file.bin', MB);
  const { sender, receiver } = await openPair('agent');
  await sender.add(file.path);
  await sender.offer();
  await waitForStatus(receiver.page, ['offered']);
  const context = await browser.newContext();
  const [next] = await Promise.all([Receiver.open(context, sender.shareUrl), receiver.page.context().close()]);
  await expectError(sender.page, 'PEER_LEFT');
  await sender.page.getByRole('button', { name: 'Try again' }).click();
  await sender.offer();
  await next.accept();
  expect(await next.saved()).toEqual(new Map([['file.bin', file.sha256]]));
  await context.close();
});

/** Page function: the page's first connection never opens, and `abandon()` has it look closed by the peer. */
function holdTheFirstConnection() {
  const { createDataChannel } = RTCPeerConnection.prototype;
  let first: RTCPeerConnection | undefined;
  RTCPeerConnection.prototype.createDataChannel = function (this: RTCPeerConnection, ...options) {
    const channel = createDataChannel.apply(this, options);
    if (!first) {
      first = this;
      first.setRemoteDescription = () => new Promise<void>(() => {});
      Object.assign(window, { abandon: () => channel.dispatchEvent(new Event('close')) });
    }
    return channel;
  };
}

const abandon = () => (window as unknown as { abandon(): void }).abandon();

test('the receiver leaves before the connection is open, and the connection says so first', async ({ contexts, openPair, directory }) => {
  await contexts[0].addInitScript(holdTheFirstConnection);
  const file = await makeFile(directory, 'file.bin', 300_000);
  const { sender, receiver } = await openPair('agent');
  await waitForParticipants(sender.page, 2);
  await sender.page.evaluate(abandon);
  await receiver.page.reload();
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  expect(await receiver.saved()).toEqual(new Map([['file.bin', file.sha256]]));
});

test('a connection closes before it is open, and nobody has left', async ({ contexts, openPair, directory }) => {
  await contexts[0].addInitScript(holdTheFirstConnection);
  const file = await makeFile(directory, 'file.bin', 300_000);
  const { sender, receiver } = await openPair('agent');
  await waitForParticipants(sender.page, 2);
  await sender.page.evaluate(abandon);
  await expectError(sender.page, 'CONNECTION_FAILED');
  await sender.page.getByRole('button', { name: 'Try again' }).click();
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  expect(await receiver.saved()).toEqual(new Map([['file.bin', file.sha256]]));
});

test('the sender comes back while it is asking', async ({ openPair, directory }) => {
  const file = await makeFile(directory, 'file.bin', MB);
  const { sender, receiver } = await openPair('agent');
  await sender.add(file.path);
  await sender.offer();
  await waitForStatus(receiver.page, ['offered']);
  await sender.page.reload();
  await waitForStatus(receiver.page, ['error']);
  await expect(receiver.page.getByTestId('transfer-accept')).not.toBeAttached();
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  expect(await receiver.saved()).toEqual(new Map([['file.bin', file.sha256]]));
});

for (const mode of MODES) {
  test(`the sender's tab is closed, ${mode}`, async ({ openPair, large }) => {
    const pair = await openPair(mode);
    await startedTransfer(pair, large.path);
    await pair.sender.close();
    await expectError(pair.receiver.page, 'PEER_LEFT');
    await expectUnfinished(pair);
  });

  test(`a file changes under the sender, ${mode}`, async ({ openPair, directory }) => {
    const file = await makeFile(directory, 'changing.bin', 100 * MB);
    const pair = await openPair(mode);
    await startedTransfer(pair, file.path);
    await truncate(file.path, 99 * MB);
    await expectError(pair.sender.page, 'FILE_CHANGED');
    await expectError(pair.receiver.page, 'FILE_CHANGED');
    await expectUnfinished(pair);
  });

  test(`a file is deleted under the sender, ${mode}`, async ({ openPair, directory }) => {
    const file = await makeFile(directory, 'deleted.bin', 100 * MB);
    const pair = await openPair(mode);
    await startedTransfer(pair, file.path);
    await rm(file.path);
    await expectError(pair.sender.page, 'FILE_UNREADABLE');
    await expectError(pair.receiver.page, 'FILE_UNREADABLE');
    await expectUnfinished(pair);
  });
}

const UNREADABLE: Said = {
  code: 'FILE_UNREADABLE',
  message: '“moved.bin” could not be read on the sending device. It may have been moved or deleted. Add it again and send it once more.',
};
const CHANGED: Said = {
  code: 'FILE_CHANGED',
  message: '“changed.bin” changed while it was being sent, so the transfer stopped. Add the file again and send it once more.',
};

/** Offers what is queued once more, in the same session, and expects the file to arrive. */
async function expectSentAgain({ sender, receiver }: Pair, sha256: string): Promise<void> {
  await sender.offer();
  await receiver.accept();
  const downloads = await receiver.complete();
  expect(await sha256OfDownload(downloads.at(-1)!)).toBe(sha256);
  await waitForStatus(sender.page, ['complete']);
}

for (const mode of MODES) {
  test(`a file that was moved away is put back, and sent again, ${mode}`, async ({ openPair, directory }) => {
    const file = await makeFile(directory, 'moved.bin', 100 * MB);
    const pair = await openPair(mode);
    await startedTransfer(pair, file.path);
    await rename(file.path, `${file.path}.away`);
    for (const { page } of [pair.sender, pair.receiver]) await expectSaid(page, UNREADABLE);
    await expectUnfinished(pair);
    await rename(`${file.path}.away`, file.path);
    await pair.sender.page.getByRole('button', { name: 'Try again' }).click();
    await expectSentAgain(pair, file.sha256);
  });

  test(`a file that changed is added again, and sent, ${mode}`, async ({ openPair, directory }) => {
    const file = await makeFile(directory, 'changed.bin', 100 * MB);
    const pair = await openPair(mode);
    await startedTransfer(pair, file.path);
    await truncate(file.path, 99 * MB);
    for (const { page } of [pair.sender, pair.receiver]) await expectSaid(page, CHANGED);
    await expectUnfinished(pair);
    await pair.sender.page.getByRole('button', { name: 'Try again' }).click();
    await pair.sender.page.getByTestId('file-remove').click();
    await pair.sender.add(file.path);
    await expectSentAgain(pair, await sha256OfFile(file.path));
  });
}

/** Of a file, in a worker. */
interface Access {
  truncate(bytes: number): void;
  close(): void;
}

test("the receiver's tab is closed", async ({ openPair, large }) => {
  const pair = await openPair('agent');
  await startedTransfer(pair, large.path);
  await pair.receiver.page.close();
  await expectError(pair.sender.page, 'PEER_LEFT');
});

test('a received file cannot be read back to be saved', async ({ openPair, contexts, directory }) => {
  // A browser refuses to read a file that has changed since it was given.
  const changeWhatIsGiven = () => {
    const { getFile } = FileSystemFileHandle.prototype;
    FileSystemFileHandle.prototype.getFile = async function (this: FileSystemFileHandle & { createSyncAccessHandle(): Promise<Access> }) {
      const file = await getFile.call(this);
      const access = await this.createSyncAccessHandle();
      access.truncate(0);
      access.close();
      return file;
    };
  };
  await contexts[1].route('**/opfs-writer.js', async (route) => {
    const script = await (await route.fetch()).text();
    await route.fulfill({ contentType: 'text/javascript', body: `${script}\n(${changeWhatIsGiven.toString()})();` });
  });
  const file = await makeFile(directory, 'lost.bin', 5 * MB);
  const pair = await openPair('agent-opfs');
  await pair.sender.add(file.path);
  await pair.sender.offer();
  await pair.receiver.accept();
  await expectError(pair.receiver.page, 'CANCELLED');
  await expectError(pair.sender.page, 'CANCELLED');
  await pair.receiver.expectNothingSaved();
});

test('there is no storage left', async ({ openPair, contexts, url, directory }) => {
  const file = await makeFile(directory, 'too_large.bin', 60 * MB);
  const pair = await openPair('agent-opfs');
  const browser = await contexts[1].newCDPSession(pair.receiver.page);
  await browser.send('Storage.overrideQuotaForOrigin', { origin: url, quotaSize: 10 * MB });
  await pair.sender.add(file.path);
  await pair.sender.offer();
  await pair.receiver.accept();
  await expectError(pair.receiver.page, 'INSUFFICIENT_STORAGE');
  await expectError(pair.sender.page, 'INSUFFICIENT_STORAGE');
  await expectUnfinished(pair);
});

test('storage runs out half-way', async ({ openPair, contexts, url, large }) => {
  const pair = await openPair('agent-opfs');
  const browser = await contexts[1].newCDPSession(pair.receiver.page);
  await startedTransfer(pair, large.path);
  await browser.send('Storage.overrideQuotaForOrigin', { origin: url, quotaSize: 1 * MB });
  await expectError(pair.receiver.page, 'INSUFFICIENT_STORAGE');
  await waitForStatus(pair.sender.page, ['error']);
  await expectUnfinished(pair);
});
