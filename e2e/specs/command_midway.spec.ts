// A `perkoon` command, or whoever is at its other end, that fails half-way: said at both ends, and nothing that looks finished is left.

import { rm, truncate } from 'node:fs/promises';
import path from 'node:path';
import { full } from '../support/browser';
import { expect, test } from '../support/command';
import { finishedFiles, sha256OfFolder } from '../support/command_files';
import { expectError } from '../support/errors';
import { MB, makeFile, sha256OfFile } from '../support/files';
import { perkoon, waitForBytes, waitForStatus } from '../support/hooks';
import { Receiver } from '../support/receiver';
import { Sender } from '../support/sender';
import { SmallDisk } from '../support/small_disk';
import { sentAgain, traffic, watchTraffic } from '../support/traffic';

/** How long whoever was lost may take to come back. */
const GIVE_UP_MS = 120_000;

test('a receive that was killed is started again, and only what is missing is sent', async ({ commands, context, url, directory, large }) => {
  await context.addInitScript(watchTraffic);
  const sender = await Sender.open(context, url);
  await sender.add(large.path);
  const options = [sender.shareUrl, '--output', 'here'];
  const first = commands.receive(options);
  await sender.offer();
  await first.progressed(40);
  await first.kill();
  expect(await finishedFiles(path.join(directory, 'here'))).toEqual([]);
  const second = commands.receive(options);
  await second.complete();
  expect(await sha256OfFolder(path.join(directory, 'here'))).toEqual(new Map([[large.name, large.sha256]]));
  await waitForStatus(sender.page, ['complete']);
  expect(sentAgain((await traffic(sender.page)).bytes, large.size)).toBeLessThan(0.05);
});

test('a receive that was killed goes on in another session, from another sender', async ({ commands, context, url, directory, large }) => {
  await context.addInitScript(watchTraffic);
  const send = commands.send([large.path]);
  const first = commands.receive([await send.shareUrl(), '--output', 'here']);
  await first.progressed(40);
  await first.kill();
  await send.kill();
  const sender = await Sender.open(context, url);
  await sender.add(large.path);
  const second = commands.receive([sender.shareUrl, '--output', 'here']);
  await sender.offer();
  await second.complete();
  expect(await sha256OfFolder(path.join(directory, 'here'))).toEqual(new Map([[large.name, large.sha256]]));
  expect((await traffic(sender.page)).bytes).toBeLessThan(large.size * 0.7);
});

test('a sender\'s tab is closed', async ({ commands, context, url, directory, large }) => {
  const sender = await Sender.open(context, url);
  await sender.add(large.path);
  const receive = commands.receive([sender.shareUrl, '--output', 'here']);
  await sender.offer();
  await receive.progressed(10);
  await sender.close();
  await receive.fails(3, 'PEER_LEFT');
  expect(await finishedFiles(path.join(directory, 'here'))).toEqual([]);
});

test('a receiver\'s tab is closed', async ({ commands, context, large }) => {
  const send = commands.send([large.path]);
  const receiver = await Receiver.open(context, await send.shareUrl());
  await receiver.accept();
  await send.progressed(10);
  await receiver.page.close({ runBeforeUnload: false });
  await send.fails(3, 'PEER_LEFT');
});

test('a command that sends is killed', async ({ commands, context, large }) => {
  await context.clock.install();
  const send = commands.send([large.path]);
  const receiver = await Receiver.open(context, await send.shareUrl());
  await receiver.accept();
  await waitForBytes(receiver.page, large.size * 0.1);
  await send.kill();
  await waitForStatus(receiver.page, ['reconnecting']);
  await receiver.expectNothingSaved();
  await receiver.page.clock.fastForward(GIVE_UP_MS);
  await expectError(receiver.page, 'PEER_LEFT');
  await receiver.expectNothingSaved();
});

if (full) {
  test('whoever sends to a command is killed', async ({ commands, directory, large }) => {
    test.setTimeout(2 * GIVE_UP_MS);
    const send = commands.send([large.path]);
    const receive = commands.receive([await send.shareUrl(), '--output', 'here']);
    await receive.progressed(10);
    await send.kill();
    await receive.fails(3, 'PEER_LEFT');
    expect(await finishedFiles(path.join(directory, 'here'))).toEqual([]);
  });
}

test('a file becomes shorter under a command that sends', async ({ commands, context, directory }) => {
  const file = await makeFile(directory, 'changing.bin', 300 * MB);
  const send = commands.send([file.path]);
  const receiver = await Receiver.open(context, await send.shareUrl());
  await receiver.accept();
  await send.progressed(5);
  await truncate(file.path, file.size - MB);
  const { message } = await send.fails(2, 'FILE_CHANGED');
  expect(message).toContain('changing.bin');
  await expectError(receiver.page, 'FILE_CHANGED');
  await receiver.expectNothingSaved();
});

test('a file is gone when it is asked for', async ({ commands, context, directory }) => {
  const file = await makeFile(directory, 'gone.bin', MB);
  const send = commands.send([file.path]);
  const receiver = await Receiver.open(context, await send.shareUrl());
  await send.event('waiting_for_acceptance');
  await rm(file.path);
  await receiver.accept();
  const { message } = await send.fails(2, 'FILE_UNREADABLE');
  expect(message).toContain('gone.bin');
  await expectError(receiver.page, 'FILE_UNREADABLE');
  await receiver.expectNothingSaved();
});

test.describe('on a small disk', () => {
  const diskTest = test.extend<{ disk: SmallDisk }>({
    disk: async ({ directory }, use) => {
      const disk = await SmallDisk.mount(path.join(directory, 'disk'), 400);
      test.skip(!disk, 'only root may mount a disk here');
      await use(disk!);
      await disk!.unmount();
    },
  });

  diskTest('there is no room for what is offered', async ({ disk, commands, context, url, large }) => {
    const sender = await Sender.open(context, url);
    await sender.add(large.path);
    await disk.leave(100);
    const receive = commands.receive([sender.shareUrl, '--output', disk.directory]);
    await sender.offer();
    await receive.fails(3, 'INSUFFICIENT_STORAGE');
    await expectError(sender.page, 'INSUFFICIENT_STORAGE');
    expect(await finishedFiles(disk.directory)).toEqual(['ballast']);
  });

  diskTest('room runs out half-way, and once there is some the rest is received', async ({ disk, commands, context, url, large }) => {
    const sender = await Sender.open(context, url);
    await sender.add(large.path);
    const options = [sender.shareUrl, '--output', path.join(disk.directory, 'here')];
    const receive = commands.receive(options);
    await sender.offer();
    await receive.progressed(1);
    await sender.page.getByTestId('transfer-pause').click();
    await waitForStatus(sender.page, ['paused']);
    // There is room for what is on its way, and not for the rest.
    await disk.leave(100);
    await sender.page.getByTestId('transfer-resume').click();
    await receive.fails(3, 'INSUFFICIENT_STORAGE');
    await expectError(sender.page, 'INSUFFICIENT_STORAGE');
    expect((await perkoon(sender.page)).transfer.percent).toBeLessThan(100);
    expect(await finishedFiles(options[2]!)).toEqual([]);

    await disk.makeRoom();
    await sender.page.getByRole('button', { name: 'Try again' }).click();
    const again = commands.receive(options);
    await sender.offer();
    await again.complete();
    expect(await sha256OfFile(path.join(options[2]!, large.name))).toBe(large.sha256);
  });
});
