// How the `perkoon` command ends: each exit code, the event that says why, and what is on the disk afterwards.

import { mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '../support/command';
import { finishedFiles } from '../support/command_files';
import { expectError } from '../support/errors';
import { freePort } from '../support/ports';
import { makeFile, sha256OfFile } from '../support/files';
import { waitForStatus } from '../support/hooks';
import { Receiver } from '../support/receiver';
import { Sender } from '../support/sender';
import { Server } from '../support/server';
import { createSession } from '../support/sessions';

const NOBODY = 'K7MX4QPR9W2N';

// 1: bad arguments.

for (const [name, options] of [
  ['nothing to send', ['send', '--json']],
  ['nothing to receive', ['receive', '--json']],
  ['an option that there is not', ['send', '--json', '--fast', 'file.bin']],
  ['a time that is none', ['send', '--json', '--timeout', 'soon', 'file.bin']],
  ['a session without its key', ['send', '--json', '--session', NOBODY, 'file.bin']],
] as const) {
  test(`1: ${name}`, async ({ commands, directory }) => {
    await writeFile(path.join(directory, 'file.bin'), 'content');
    const { code, events } = await commands.run([...options]).ended();
    expect(code).toBe(1);
    expect(events.filter(({ event }) => event !== 'error')).toEqual([]);
  });
}

test('1: a code that is none', async ({ commands }) => {
  await commands.receive(['K7MX4QPR9W2']).fails(1, 'INVALID_CODE');
});

test('1: several files do not go into one pipe', async ({ commands, directory }) => {
  const files = await Promise.all(['a.bin', 'b.bin'].map((name) => makeFile(directory, name, 1000)));
  const send = commands.send(files.map((file) => file.path));
  const into = path.join(directory, 'pipe');
  await commands.receive([await send.shareUrl(), '--output', '-'], { into }).fails(1, 'INVALID_REQUEST');
  expect((await stat(into)).size).toBe(0);
  await send.fails(3, 'INVALID_REQUEST');
});

// 2: files.

test('2: a file that is not there', async ({ commands }) => {
  const { message } = await commands.send(['missing.bin']).fails(2, 'FILE_UNREADABLE');
  expect(message).toContain('missing.bin');
});

test('2: what is there already is left as it is', async ({ commands, context, url, directory }) => {
  const target = path.join(directory, 'here', 'file.bin');
  await mkdir(path.dirname(target));
  await writeFile(target, 'precious');
  const before = await stat(target);
  const file = await makeFile(directory, 'file.bin', 1000);
  const sender = await Sender.open(context, url);
  await sender.add(file.path);
  const receive = commands.receive([sender.shareUrl, '--output', 'here']);
  await sender.offer();
  await receive.fails(2, 'TARGET_EXISTS');
  const after = await stat(target);
  expect([after.ino, after.mtimeMs, after.size]).toEqual([before.ino, before.mtimeMs, before.size]);
  expect(await finishedFiles(path.dirname(target))).toEqual(['file.bin']);
  await expectError(sender.page, 'TARGET_EXISTS');
});

test('0: with --overwrite it is replaced', async ({ commands, directory }) => {
  const target = path.join(directory, 'here', 'file.bin');
  await mkdir(path.dirname(target));
  await writeFile(target, 'dispensable');
  const file = await makeFile(directory, 'file.bin', 1000);
  const send = commands.send([file.path]);
  await commands.receive([await send.shareUrl(), '--output', 'here', '--overwrite']).complete();
  expect(await sha256OfFile(target)).toBe(file.sha256);
  await send.complete();
});

test('2: a folder that cannot be made', async ({ commands, directory }) => {
  await writeFile(path.join(directory, 'here'), 'a file');
  const file = await makeFile(directory, 'file.bin', 1000);
  const send = commands.send([file.path]);
  const { code, events } = await commands.receive([await send.shareUrl(), '--output', 'here/below']).ended();
  expect(code).toBe(2);
  expect(events.at(-1)).toMatchObject({ event: 'error', exit_code: 2 });
});

// 3: network and session.

test('3: no such session', async ({ commands }) => {
  await commands.receive([NOBODY]).fails(3, 'SESSION_NOT_FOUND');
});

test('3: no server', async ({ commandsAt, directory }) => {
  const file = await makeFile(directory, 'file.bin', 1000);
  const nowhere = commandsAt(`http://127.0.0.1:${await freePort('127.0.0.1')}`);
  await nowhere.send([file.path]).fails(3, 'SIGNALING_LOST');
  await nowhere.receive([NOBODY]).fails(3, 'SIGNALING_LOST');
});

test('3: too many requests', async ({ commandsAt, request, directory }) => {
  const file = await makeFile(directory, 'file.bin', 1000);
  const server = await Server.limited();
  try {
    for (let made = 0; made < 10; made += 1) await createSession(request, server.url);
    await commandsAt(server.url).send([file.path]).fails(3, 'RATE_LIMITED');
  } finally {
    await server.stop();
  }
});

test('3: the receiver says no', async ({ commands, context, directory }) => {
  const file = await makeFile(directory, 'file.bin', 1000);
  const send = commands.send([file.path]);
  const receiver = await Receiver.open(context, await send.shareUrl(), 'people');
  await receiver.reject();
  await send.fails(3, 'PEER_REJECTED');
});

// 4: keys and passwords.

test('4: a wrong password, and none', async ({ commands, directory }) => {
  const file = await makeFile(directory, 'file.bin', 1000);
  const send = commands.send([file.path, '--password', 'right']);
  const link = await send.shareUrl();
  await commands.receive([link, '--password', 'wrong']).fails(4, 'WRONG_PASSWORD');
  await commands.receive([link]).fails(4, 'WRONG_PASSWORD');
  await commands.receive([link, '--password', 'right']).complete();
  await send.complete();
});

test('4: five wrong passwords lock the session', async ({ commands, context, directory }) => {
  const file = await makeFile(directory, 'file.bin', 1000);
  const send = commands.send([file.path, '--password', 'right']);
  const receiver = await Receiver.open(context, await send.shareUrl(), 'people');
  for (const told of ['4 tries', '3 tries', '2 tries', 'One try']) {
    await receiver.tryPassword('guess');
    await expect(receiver.page.getByTestId('error-message')).toContainText(told);
  }
  await receiver.tryPassword('guess');
  await send.fails(4, 'PASSWORD_LOCKED');
});

test('4: a password for a sender that asks for none', async ({ commands, directory }) => {
  const file = await makeFile(directory, 'file.bin', 1000);
  const send = commands.send([file.path]);
  await commands.receive([await send.shareUrl(), '--password', 'mine']).fails(4, 'WRONG_PASSWORD');
  await send.fails(4, 'WRONG_PASSWORD');
});

test('4: another sender\'s key', async ({ commands, request, url, directory }) => {
  const file = await makeFile(directory, 'file.bin', 1000);
  const [mine, other] = [await createSession(request, url), await createSession(request, url)];
  await commands.send([file.path, '--session', mine.session_code, '--sender-key', other.sender_key]).fails(4, 'WRONG_SENDER_KEY');
});

// 5: nobody comes.

test('5: no receiver comes', async ({ commands, directory }) => {
  const file = await makeFile(directory, 'file.bin', 1000);
  await commands.send([file.path, '--timeout', '1']).fails(5, 'TIMEOUT');
});

test('5: no sender comes, and one that sends nothing', async ({ commands, context, request, url }) => {
  const { share_url: link } = await createSession(request, url);
  await commands.receive([link, '--timeout', '1']).fails(5, 'TIMEOUT');
  const sender = await Sender.open(context, url);
  const receive = commands.receive([sender.shareUrl, '--timeout', '2']);
  await receive.event('sender_found');
  await receive.fails(5, 'TIMEOUT');
});

// 130: Ctrl-C.

test('130: Ctrl-C while nobody is there', async ({ commands, directory }) => {
  const file = await makeFile(directory, 'file.bin', 1000);
  const send = commands.send([file.path]);
  await send.event('waiting_for_receiver');
  send.interrupt();
  expect((await send.ended()).code).toBe(130);
});

test('130: Ctrl-C at the sender is told the page', async ({ commands, context, large }) => {
  const send = commands.send([large.path]);
  const receiver = await Receiver.open(context, await send.shareUrl());
  await receiver.accept();
  await send.progressed(10);
  send.interrupt();
  await waitForStatus(receiver.page, ['cancelled']);
  expect((await send.ended()).code).toBe(130);
  await receiver.expectNothingSaved();
});

test('130: Ctrl-C at the receiver is told the page', async ({ commands, context, url, directory, large }) => {
  const sender = await Sender.open(context, url);
  await sender.add(large.path);
  const receive = commands.receive([sender.shareUrl, '--output', 'here']);
  await sender.offer();
  await receive.progressed(10);
  receive.interrupt();
  await waitForStatus(sender.page, ['cancelled']);
  expect((await receive.ended()).code).toBe(130);
  expect(await finishedFiles(path.join(directory, 'here'))).toEqual([]);
});
