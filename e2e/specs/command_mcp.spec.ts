// `perkoon mcp`, as the official client and the official inspector see it, with pages at the other end.

import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { binary, cleanEnvironment } from '../support/command';
import { MB, makeFile, sha256OfFile } from '../support/files';
import { perkoon, waitForBytes, waitForStatus } from '../support/hooks';
import { type Era, type Host, type ListedFile, type Progress, eras, expect, test } from '../support/mcp';
import { Receiver } from '../support/receiver';
import { Sender } from '../support/sender';

interface Sent {
  session_code: string;
  share_url: string;
  status: string;
  bytes: number;
  files: ListedFile[];
}

interface Checked {
  status: string;
  transfer?: { status: string; percent: number; result?: { files: ListedFile[] } };
}

/** A send that is waited for, and the link that it tells of before. */
async function sending(host: Host, given: Record<string, unknown>, signal?: AbortSignal): Promise<{ link: string; progress: Progress[]; sent: Promise<Sent> }> {
  const progress: Progress[] = [];
  const news = new EventEmitter();
  const linked = once(news, 'link') as Promise<[string]>;
  const told = (latest: Progress) => {
    progress.push(latest);
    const link = /https?:\S+/.exec(latest.message ?? '')?.[0];
    if (link) news.emit('link', link);
  };
  const sent = host.call<Sent>('send_file', given, { told, signal });
  sent.catch((error: unknown) => news.emit('error', error));
  const [link] = await linked;
  news.on('error', () => undefined);
  return { link, progress, sent };
}

for (const era of Object.keys(eras) as Era[]) {
  test(`a host lists the tools, and sends a file that a page receives (${era})`, async ({ startHost, context, directory }) => {
    const file = await makeFile(path.join(directory, 'host'), 'report.bin', 5 * MB);
    const host = await startHost(era);
    expect(host.client.getNegotiatedProtocolVersion()).toBe(era);
    const { tools } = await host.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['check_session', 'receive_file', 'send_file']);

    const { link, progress, sent } = await sending(host, { file_path: file.path });
    const receiver = await Receiver.open(context, link);
    await receiver.accept();
    expect(await receiver.saved()).toEqual(new Map([[file.name, file.sha256]]));
    const { files, ...rest } = await sent;
    expect(rest).toMatchObject({ share_url: link, status: 'complete', bytes: 5 * MB, duration_ms: expect.any(Number), speed: expect.any(Number) });
    expect(files).toEqual([{ path: file.name, size: file.size, blake3: (await perkoon(receiver.page)).files[0]!.blake3 }]);
    const numbers = progress.map((news) => news.progress);
    expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other));
  });

  test(`a call that is cancelled cancels the transfer, and the page hears of it (${era})`, async ({ startHost, context, directory }) => {
    const file = await makeFile(path.join(directory, 'host'), 'report.bin', 300 * MB);
    const host = await startHost(era);
    const cancel = new AbortController();
    const { link, sent } = await sending(host, { file_path: file.path }, cancel.signal);
    const refused = expect(sent).rejects.toThrow();
    const receiver = await Receiver.open(context, link);
    await receiver.accept();
    await waitForBytes(receiver.page, 1);
    cancel.abort('changed my mind');
    await refused;
    await waitForStatus(receiver.page, ['cancelled']);
    await receiver.expectNothingSaved();
    const checked = () => host.call<Checked>('check_session', { session_code: link });
    await expect.poll(checked).toMatchObject({ transfer: { status: 'cancelled' } });
  });
}

test('a file is sent in the background, and how that goes can be asked', async ({ startHost, context, directory }) => {
  const file = await makeFile(path.join(directory, 'host'), 'report.bin', 5 * MB);
  const host = await startHost();
  const begun = await host.call<Sent>('send_file', { file_path: 'report.bin', password: 'correct horse', wait: false });
  const checked = () => host.call<Checked>('check_session', { session_code: begun.session_code });
  expect(await checked()).toMatchObject({ status: 'waiting', password_protected: true, transfer: { status: 'waiting', percent: 0 } });
  const receiver = await Receiver.open(context, begun.share_url, 'people');
  await receiver.tryPassword('correct horse');
  await receiver.accept();
  expect(await receiver.saved()).toEqual(new Map([[file.name, file.sha256]]));
  await expect.poll(checked).toMatchObject({ status: 'complete', transfer: { status: 'complete', percent: 100 } });
});

test('a host receives what a page sends', async ({ startHost, context, url, directory }) => {
  const file = await makeFile(directory, 'from the page.bin', 5 * MB);
  const host = await startHost();
  const sender = await Sender.open(context, url, { agent: true });
  await sender.add(file.path);
  const received = host.call<Sent>('receive_file', { session_code: sender.code, output_dir: '~/inbox' });
  await sender.offer();
  const { files, status } = await received;
  expect(status).toBe('complete');
  expect(files).toMatchObject([{ path: file.name, size: file.size, saved_to: path.join(directory, 'host', 'inbox', file.name) }]);
  expect(await sha256OfFile(files[0]!.saved_to!)).toBe(file.sha256);
  await waitForStatus(sender.page, ['complete']);
  expect((await perkoon(sender.page)).files[0]!.blake3).toBe(files[0]!.blake3);
});

test('what a page declines is told', async ({ startHost, context, directory }) => {
  await makeFile(path.join(directory, 'host'), 'report.bin', 1000);
  const host = await startHost();
  const begun = await host.call<Sent>('send_file', { file_path: 'report.bin', wait: false });
  const receiver = await Receiver.open(context, begun.share_url);
  await receiver.reject();
  const checked = () => host.call<Checked>('check_session', { session_code: begun.session_code });
  await expect.poll(checked).toMatchObject({ transfer: { status: 'rejected', error: expect.stringContaining('PEER_REJECTED') } });
});

test('what must not be touched is refused in words', async ({ startHost, directory }) => {
  await makeFile(path.join(directory, 'host'), '.ssh/id', 10);
  const host = await startHost();
  for (const file_path of ['~/.ssh/id', '/etc/hostname', '/proc/self/environ']) {
    expect(await host.refused('send_file', { file_path })).toContain('never touch');
  }
  expect(await host.refused('receive_file', { session_code: 'K7MX4QPR9W2N', output_dir: '/usr/local' })).toContain('outside of the folders');
});

test('a host that goes away cancels what is under way', async ({ startHost, context, directory }) => {
  const file = await makeFile(path.join(directory, 'host'), 'report.bin', 300 * MB);
  const host = await startHost();
  const { share_url } = await host.call<Sent>('send_file', { file_path: file.path, wait: false });
  const receiver = await Receiver.open(context, share_url);
  await receiver.accept();
  await waitForBytes(receiver.page, 1);
  await host.client.close();
  await waitForStatus(receiver.page, ['cancelled']);
});

/** What the inspector's command line writes for one method. */
async function inspected(directory: string, url: string, ...options: string[]): Promise<Record<string, unknown>> {
  const inspector = path.resolve(import.meta.dirname, '../node_modules/@modelcontextprotocol/inspector-cli/build/index.js');
  const env = { ...cleanEnvironment(), HOME: directory };
  const run = spawn(process.execPath, [inspector, binary, 'mcp', '--server', url, ...options], { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [[code], said, complaints] = await Promise.all([once(run, 'exit') as Promise<[number]>, text(run.stdout), text(run.stderr)]);
  expect(code, complaints).toBe(0);
  return JSON.parse(said) as Record<string, unknown>;
}

test('the official inspector lists the tools and calls one', async ({ url, directory }) => {
  await mkdir(directory, { recursive: true });
  const { tools } = await inspected(directory, url, '--method', 'tools/list');
  expect(tools).toMatchObject([{ name: 'check_session' }, { name: 'receive_file' }, { name: 'send_file' }]);
  const called = await inspected(directory, url, '--method', 'tools/call', '--tool-name', 'check_session', '--tool-arg', 'session_code=K7MX4QPR9W2N');
  expect(called).toMatchObject({ structuredContent: { session_code: 'K7MX4QPR9W2N', status: 'not_found' } });
});
