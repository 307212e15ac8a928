// Holding, stopping, declining, sending more, and coming back.

import { type SeededFile, makeFile, sha256OfDownload } from '../support/files';
import { type Pair, expect, test } from '../support/fixtures';
import { perkoon, waitForBytes, waitForParticipants, waitForStatus } from '../support/hooks';
import { Receiver } from '../support/receiver';

async function startedTransfer({ sender, receiver }: Pair, file: SeededFile): Promise<void> {
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  await waitForBytes(receiver.page, 1 << 20);
}

for (const side of ['sender', 'receiver'] as const) {
  const other = side === 'sender' ? 'receiver' : 'sender';

  test(`the ${side} pauses and goes on`, async ({ openPair, medium }) => {
    test.setTimeout(240_000);
    const pair = await openPair('agent');
    await startedTransfer(pair, medium);
    await pair[side].page.getByTestId('transfer-pause').click();
    await waitForStatus(pair[side].page, ['paused']);
    await waitForStatus(pair[other].page, ['paused']);
    // What was on its way when the pause began may still arrive: nothing may come after that.
    let before = -1;
    await expect
      .poll(async () => {
        const { bytesTransferred } = (await perkoon(pair.receiver.page)).transfer;
        const still = bytesTransferred === before;
        before = bytesTransferred;
        return still;
      }, { intervals: [1000] })
      .toBe(true);
    expect(before).toBeLessThan(medium.size);
    await pair[side].page.getByTestId('transfer-resume').click();
    await waitForStatus(pair[other].page, ['transferring', 'complete']);
    const [download] = await pair.receiver.complete(200_000);
    expect(await sha256OfDownload(download!)).toBe(medium.sha256);
  });

  test(`the ${side} cancels`, async ({ openPair, large }) => {
    const pair = await openPair('agent');
    await startedTransfer(pair, large);
    await pair[side].page.getByTestId('transfer-cancel').click();
    await waitForStatus(pair[side].page, ['cancelled']);
    await waitForStatus(pair[other].page, ['cancelled']);
    expect((await perkoon(pair.receiver.page)).transfer.bytesTransferred).toBeLessThan(large.size);
    await pair.receiver.expectNothingSaved();
  });
}

test('the receiver declines', async ({ openPair, directory }) => {
  const { sender, receiver } = await openPair('agent');
  await sender.add((await makeFile(directory, 'unwanted.bin', 1000)).path);
  await sender.offer();
  await receiver.reject();
  await waitForStatus(sender.page, ['rejected']);
  await waitForStatus(receiver.page, ['rejected']);
  expect(receiver.downloads).toEqual([]);
});

test('who has declined does not queue up for more', async ({ browser, openPair, directory }) => {
  const { sender, receiver } = await openPair('agent');
  await sender.add((await makeFile(directory, 'unwanted.bin', 1000)).path);
  await sender.offer();
  await receiver.reject();
  await waitForStatus(receiver.page, ['rejected']);
  const context = await browser.newContext();
  const next = await Receiver.open(context, sender.shareUrl);
  await waitForParticipants(next.page, 2);
  await expect.poll(async () => (await perkoon(receiver.page)).session!.status).toBe('closed');
  expect((await perkoon(receiver.page)).transfer.status).toBe('rejected');
  await context.close();
});

test('a file can be given up again and again, and then be sent', async ({ openPair, large, directory }) => {
  test.setTimeout(120_000);
  const { sender, receiver } = await openPair('agent');
  const back = sender.page.getByRole('button', { name: 'Back to the files' });
  await sender.add(large.path);
  // More often than there may be lanes at once: none of those that are over may count.
  for (let time = 0; time < 17; time += 1) {
    await sender.offer();
    await receiver.accept();
    await waitForStatus(receiver.page, ['transferring']);
    await sender.page.getByTestId('transfer-cancel').click();
    await waitForStatus(receiver.page, ['cancelled']);
    await back.click();
    await expect(sender.files).toHaveCount(1);
  }
  const file = await makeFile(directory, 'small.bin', 300_000);
  await sender.page.getByTestId('file-remove').click();
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  const downloads = await receiver.complete();
  expect(await sha256OfDownload(downloads.at(-1)!)).toBe(file.sha256);
});

test('more files follow in the same session', async ({ openPair, directory }) => {
  const { sender, receiver } = await openPair('agent');
  const ids = new Set<string | null>();
  for (const name of ['first.bin', 'second.bin', 'third.bin']) {
    const file = await makeFile(directory, name, 300_000);
    await sender.add(file.path);
    await sender.offer();
    await receiver.accept();
    const downloads = await receiver.complete();
    expect(downloads.at(-1)!.suggestedFilename()).toBe(name);
    expect(await sha256OfDownload(downloads.at(-1)!)).toBe(file.sha256);
    await waitForStatus(sender.page, ['complete']);
    ids.add((await perkoon(receiver.page)).transfer.id);
    await sender.page.getByRole('button', { name: 'Send more' }).click();
  }
  expect(ids.size).toBe(3);
});

test('the next receiver is served after the first', async ({ browser, openPair, directory }) => {
  const { sender, receiver } = await openPair('agent');
  const file = await makeFile(directory, 'again.bin', 300_000);
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  await receiver.complete();
  await waitForStatus(sender.page, ['complete']);
  await receiver.page.close();

  const next = await Receiver.open(await browser.newContext(), sender.shareUrl);
  await sender.page.getByRole('button', { name: 'Send more' }).click();
  await waitForParticipants(next.page, 2);
  await sender.add(file.path);
  await sender.offer();
  await next.accept();
  expect([...(await next.saved()).values()]).toEqual([file.sha256]);
  await next.page.context().close();
});

test('a reload keeps the sender in its seat', async ({ openPair, directory }) => {
  const { sender, receiver } = await openPair('agent');
  await waitForParticipants(sender.page, 2);
  await sender.page.reload();
  await waitForParticipants(sender.page, 2);
  expect((await perkoon(sender.page)).session).toMatchObject({ code: sender.code, role: 'sender' });
  const file = await makeFile(directory, 'after.bin', 300_000);
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  expect(await receiver.saved()).toEqual(new Map([['after.bin', file.sha256]]));
});

test('a reload of the receiver joins again', async ({ openPair, directory }) => {
  const { sender, receiver } = await openPair('agent');
  await waitForParticipants(sender.page, 2);
  await receiver.page.reload();
  await waitForParticipants(receiver.page, 2);
  const file = await makeFile(directory, 'after.bin', 300_000);
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  expect(await receiver.saved()).toEqual(new Map([['after.bin', file.sha256]]));
});
