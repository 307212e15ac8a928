// The founding document's chapters on the command line and on A2A, with its own shell commands and bodies.

import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { APIRequestContext } from '@playwright/test';
import type { CommandEvent } from '../support/command';
import { sha256OfFolder } from '../support/command_files';
import { MB, makeFile, sha256OfFile } from '../support/files';
import { waitForStatus } from '../support/hooks';
import { Receiver } from '../support/receiver';
import { expect, test } from '../support/seed/shell';
import { Sender } from '../support/sender';

const COMPLETE = '===TRANSFER COMPLETE===';
const FAILED = '===TRANSFER FAILED===';

/** The one line of output that is an event. */
function event(lines: string[]): CommandEvent {
  return JSON.parse(lines.find((line) => line.startsWith('{'))!) as CommandEvent;
}

test('send, share the link, watch until it is complete', async ({ shell, url, context, directory }) => {
  const file = await makeFile(directory, 'report.bin', 5 * MB);
  const created = event(await shell.run('send', { '/path/to/file': file.path }));
  expect(created).toMatchObject({ event: 'session_created', share_url: `${url}/${created.session_code as string}` });
  const receiver = await Receiver.open(context, created.share_url as string, 'people');
  const watched = shell.run('watch');
  await receiver.accept();
  expect(await receiver.saved()).toEqual(new Map([[file.name, file.sha256]]));
  const [first, ...rest] = await watched;
  expect(first).toBe(COMPLETE);
  expect(event(rest)).toMatchObject({ event: 'transfer_complete', duration_ms: expect.any(Number), speed: expect.any(Number) });
  const log = (await readFile('/tmp/perkoon-send.log', 'utf8')).split('\n').filter((line) => line.startsWith('{'));
  const names = log.map((line) => (JSON.parse(line) as CommandEvent).event);
  const told = ['session_created', 'receiver_connected', 'webrtc_connected', 'progress', 'transfer_complete'];
  expect(told.map((name) => names.indexOf(name))).toEqual(told.map((name) => names.indexOf(name)).sort((a, b) => a - b));
  expect(names).toEqual(expect.arrayContaining(told));
});

test('what cannot be sent is said at once, and what fails later while it is watched', async ({ shell, context, directory }) => {
  const [first, ...rest] = await shell.run('send', { '/path/to/file': path.join(directory, 'missing.bin') });
  expect(first).toBe('===SEND FAILED===');
  expect(event(rest)).toMatchObject({ event: 'error', exit_code: 2 });
  const file = await makeFile(directory, 'report.bin', 1000);
  const created = event(await shell.run('send', { '/path/to/file': file.path }));
  const receiver = await Receiver.open(context, created.share_url as string, 'people');
  await receiver.reject();
  const watched = await shell.run('watch');
  expect(watched[0]).toBe(FAILED);
  expect(event(watched)).toMatchObject({ event: 'error', exit_code: 3 });
});

test('receive into the folder that the document names, replacing what is there', async ({ shell, url, context, directory }) => {
  for (const size of [2 * MB, 1000]) {
    const file = await makeFile(directory, 'report.bin', size, `${size}`);
    const sender = await Sender.open(context, url);
    await sender.add(file.path);
    const received = shell.run('receive', { CODE: sender.code });
    await sender.offer();
    const [first, ...rest] = await received;
    expect(first).toBe(COMPLETE);
    expect(event(rest)).toMatchObject({ files: [{ name: file.name, size, path: expect.stringContaining(file.name) }] });
    expect(await sha256OfFolder(shell.inbox)).toEqual(new Map([[file.name, file.sha256]]));
    expect(await readdir(shell.inbox)).toEqual([file.name]);
    await waitForStatus(sender.page, ['complete']);
  }
});

test('receive with a code that nobody has', async ({ shell }) => {
  const [first, ...rest] = await shell.run('receive', { CODE: 'K7MX4QPR9W2N' });
  expect(first).toBe(FAILED);
  expect(event(rest)).toMatchObject({ event: 'error', exit_code: 3 });
});

test('stream into another process', async ({ shell, url, context, directory }) => {
  const file = await makeFile(directory, 'report.bin', 2 * MB);
  const destination = path.join(directory, 'streamed.bin');
  const sender = await Sender.open(context, url);
  await sender.add(file.path);
  const streamed = shell.run('stream', { CODE: sender.code, '/path/to/destination': destination });
  await sender.offer();
  expect(await streamed).toEqual([]);
  expect(await sha256OfFile(destination)).toBe(file.sha256);
});

/** What `send-files` answers. */
interface Made {
  readonly session_code: string;
  readonly share_url: string;
  readonly sender_key: string;
  readonly cli: { readonly send: string; readonly receive: string };
}

/** The document's body for `send-files`, to the letter. */
const SEND_FILES = `{
"jsonrpc": "2.0",
"method": "message/send",
"id": "1",
"params": {
"message": {
"parts": [{
"type": "data",
"data": {
"skill": "send-files",
"name": "quarterly-report"
}
}]
}
}
}`;

async function sendFiles(request: APIRequestContext, url: string): Promise<Made> {
  const answer = await request.post(`${url}/a2a`, { data: SEND_FILES, headers: { 'content-type': 'application/json' } });
  return ((await answer.json()) as { result: { parts: { data: Made }[] } }).result.parts[0]!.data;
}

test('a session made over A2A: its commands as they are answered, to a page', async ({ commands, request, url, context, directory }) => {
  const made = await sendFiles(request, url);
  const file = await makeFile(directory, 'report.bin', 5 * MB);
  const send = await commands.shell(made.cli.send.replace('FILE', file.path));
  expect(await send.event('session_created')).toMatchObject({ session_code: made.session_code, share_url: made.share_url });
  const receiver = await Receiver.open(context, made.share_url);
  await receiver.accept();
  expect(await receiver.saved()).toEqual(new Map([[file.name, file.sha256]]));
  await send.complete();
});

test('a session made over A2A: its commands as they are answered, at both ends', async ({ commands, request, url, directory }) => {
  const made = await sendFiles(request, url);
  const file = await makeFile(directory, 'report.bin', 5 * MB);
  const receive = await commands.shell(made.cli.receive);
  await receive.event('session_joined');
  const send = await commands.shell(made.cli.send.replace('FILE', file.path));
  await receive.complete();
  await send.complete();
  expect(await sha256OfFolder(path.join(directory, 'received'))).toEqual(new Map([[file.name, file.sha256]]));
});

test('a session made over A2A: the document\'s command for its sender', async ({ shell, commands, request, url, directory }) => {
  const made = await sendFiles(request, url);
  const file = await makeFile(directory, 'report.bin', 1000);
  await shell.run('send_in_session', { '/path/to/file': file.path, CODE: made.session_code, KEY: made.sender_key });
  await commands.receive([made.session_code, '--output', 'here']).complete();
  expect(await sha256OfFolder(path.join(directory, 'here'))).toEqual(new Map([[file.name, file.sha256]]));
  expect((await shell.run('watch'))[0]).toBe(COMPLETE);
});
