// The ready-to-run scripts as a user has them: fetched with curl into an empty folder, run with node.

import { once } from 'node:events';
import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { BrowserContext } from '@playwright/test';
import { MB, makeFile, sha256OfDownload, sha256OfFile } from '../support/files';
import { waitForBytes, waitForParticipants, waitForStatus } from '../support/hooks';
import { Receiver } from '../support/receiver';
import { type Script, type ScriptFolder, expect, test } from '../support/scripts';
import { Sender } from '../support/sender';
import { createSession } from '../support/sessions';

const SENT = [
  'file_ready',
  'session_created',
  'waiting_for_receiver',
  'receiver_connected',
  'webrtc_connected',
  'waiting_for_acceptance',
  'transfer_accepted',
  'progress',
  'transfer_complete',
];
const RECEIVED = ['session_joined', 'sender_found', 'webrtc_connected', 'receiving_file', 'progress', 'transfer_complete'];
/** Of no bytes, as `b3sum` prints it. */
const EMPTY_BLAKE3 = 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262';
const NOBODYS_CODE = 'K7MX4QPR9W2N';

/** How a script is told a password. */
interface Way {
  readonly options?: string[];
  readonly environment?: NodeJS.ProcessEnv;
  readonly input?: string;
}

test.describe.configure({ timeout: 120_000 });

/** The script has failed, and says why: to people in a sentence, to programs in its last event. */
async function expectFailure(script: Script, code: string, exitCode: number): Promise<void> {
  expect(await script.ended, script.stderr).toBe(exitCode);
  const error = script.events.at(-1)!;
  expect(error).toEqual({ event: 'error', message: expect.stringMatching(/\p{L}+ .*\.$/su), code, exit_code: exitCode });
  expect(script.stderr).toContain(error.message);
}

async function shareUrl(sender: Script): Promise<string> {
  return String((await sender.event('session_created')).share_url);
}

async function receivingPage(context: BrowserContext, sender: Script): Promise<Receiver> {
  return Receiver.open(context, await shareUrl(sender));
}

test('a file goes from script to script, and both tell it in order', async ({ folder, directory }) => {
  const file = await makeFile(directory, 'report 1.bin', 5 * MB);
  const sender = folder.send(file.path, '--json');
  const created = await sender.event('session_created');
  expect(created.share_url).toBe(`${process.env.PERKOON_URL}/${String(created.session_code)}`);
  const receiver = folder.receive(String(created.session_code), './output', '--json');
  expect(await sender.ended, sender.stderr).toBe(0);
  expect(await receiver.ended, receiver.stderr).toBe(0);

  expect(sender.story).toEqual(SENT);
  expect(receiver.story).toEqual(RECEIVED);
  expect(sender.events[0]).toEqual({ event: 'file_ready', name: file.name, size: file.size });
  expect(receiver.events[0]).toEqual({ event: 'session_joined', session_code: created.session_code });
  expect(receiver.events.find(({ event }) => event === 'receiving_file')).toEqual({ event: 'receiving_file', name: file.name, size: file.size });
  for (const { events } of [sender, receiver]) {
    const percents = events.filter(({ event }) => event === 'progress').map(({ percent }) => Number(percent));
    expect(percents).toEqual(percents.toSorted((one, other) => one - other));
    expect(percents.at(-1)).toBe(100);
    expect(events.at(-2)).toEqual({ event: 'progress', percent: 100, speed: expect.any(Number), eta: 0 });
    expect(events.at(-1)).toMatchObject({ event: 'transfer_complete', duration_ms: expect.any(Number), speed: expect.any(Number) });
  }
  const saved = folder.at('output', file.name);
  const blake3 = expect.stringMatching(/^[0-9a-f]{64}$/);
  expect(receiver.events.at(-1)!.files).toEqual([{ name: file.name, path: saved, size: file.size, blake3 }]);
  expect(await sha256OfFile(saved)).toBe(file.sha256);
  expect(await readdir(folder.at('output'))).toEqual([file.name]);
});

test('several files, one of them empty and two of one name, arrive in ./received; stdout holds the link and the paths', async ({ folder, directory }) => {
  const files = [
    await makeFile(directory, 'one/data.bin', 2 * MB),
    await makeFile(directory, 'empty.txt', 0),
    await makeFile(directory, 'two/data.bin', 300_000),
  ];
  const sender = folder.send(...files.map((file) => file.path));
  const link = await sender.line(() => true);
  const receiver = folder.receive(link, '--quiet');
  expect(await receiver.ended, receiver.stderr).toBe(0);
  expect(await sender.ended, sender.stderr).toBe(0);

  expect(sender.stdout).toEqual([link]);
  expect(sender.stderr).toMatch(/Sending 100\.0 %/);
  const saved = ['data.bin', 'empty.txt', 'data (2).bin'].map((name) => folder.at('received', name));
  expect(receiver.stdout).toEqual(saved);
  expect(receiver.stderr).toBe('');
  for (const [index, target] of saved.entries()) expect(await sha256OfFile(target)).toBe(files[index]!.sha256);
});

test('an empty file alone', async ({ folder, directory }) => {
  const sender = folder.send((await makeFile(directory, 'empty.txt', 0)).path, '--json');
  const receiver = folder.receive(await shareUrl(sender), '--output', 'there/and further', '--json');
  expect(await sender.ended, sender.stderr).toBe(0);
  expect(await receiver.ended, receiver.stderr).toBe(0);
  expect(sender.story).toEqual(SENT);
  expect(receiver.story).toEqual(RECEIVED);
  expect(receiver.events.at(-1)!.files).toEqual([
    { name: 'empty.txt', path: folder.at('there/and further/empty.txt'), size: 0, blake3: EMPTY_BLAKE3 },
  ]);
  expect(await readFile(folder.at('there/and further/empty.txt'))).toHaveLength(0);
});

test('from a script to a page', async ({ folder, directory, context }) => {
  const file = await makeFile(directory, 'file.bin', 3 * MB);
  const sender = folder.send(file.path, '--json');
  const receiver = await receivingPage(context, sender);
  await receiver.accept();
  const [download] = await receiver.complete();
  expect(await sha256OfDownload(download!)).toBe(file.sha256);
  expect(await sender.ended, sender.stderr).toBe(0);
});

test('from a page to a script that was there before the offer', async ({ folder, directory, context, url }) => {
  const file = await makeFile(directory, 'file.bin', 3 * MB);
  const sender = await Sender.open(context, url);
  const receiver = folder.receive(sender.shareUrl, '--json');
  await receiver.event('webrtc_connected');
  await sender.add(file.path);
  await sender.offer();
  await waitForStatus(sender.page, ['complete']);
  expect(await receiver.ended, receiver.stderr).toBe(0);
  expect(await sha256OfFile(folder.at('received', file.name))).toBe(file.sha256);
});

for (const [way, from, to] of [
  ['--password-stdin', { options: ['--password-stdin'], input: 'pässword\n' }, { options: ['--password-stdin'], input: 'pässword' }],
  ['PERKOON_PASSWORD', { environment: { PERKOON_PASSWORD: 'pässword' } }, { environment: { PERKOON_PASSWORD: 'pässword' } }],
  ['--password', { options: ['--password', 'pässword'] }, { options: ['--password', 'pässword'] }],
] as [string, Way, Way][]) {
  test(`a password by ${way}, from script to script`, async ({ folder, directory }) => {
    const file = await makeFile(directory, 'file.bin', 100_000);
    const run = (script: string[], { options = [], environment, input }: Way) => folder.run([...script, ...options, '--json'], environment, input);
    const sender = run(['send.mjs', file.path], from);
    const receiver = run(['receive.mjs', await shareUrl(sender)], to);
    expect(await receiver.ended, receiver.stderr).toBe(0);
    expect(await sender.ended, sender.stderr).toBe(0);
    expect(sender.story).toEqual(SENT);
    expect(receiver.story).toEqual(RECEIVED);
    expect(await sha256OfFile(folder.at('received', file.name))).toBe(file.sha256);
    for (const script of [sender, receiver]) expect(script.stdout.join() + script.stderr).not.toContain('pässword');
  });
}

test('a secure link from script to script', async ({ folder, directory }) => {
  const file = await makeFile(directory, 'file.bin', 100_000);
  const sender = folder.send(file.path, '--secure-link', '--json');
  const created = await sender.event('session_created');
  expect(created.share_url).toMatch(new RegExp(`/${String(created.session_code)}#s=[0-9a-f]{32}$`));
  const receiver = folder.receive(String(created.share_url), '--json');
  expect(await receiver.ended, receiver.stderr).toBe(0);
  expect(await sender.ended, sender.stderr).toBe(0);
  expect(await sha256OfFile(folder.at('received', file.name))).toBe(file.sha256);
});

test('a wrong password, none, and too many wrong ones', async ({ folder, directory }) => {
  const file = await makeFile(directory, 'file.bin', 1000);
  const sender = folder.run(['send.mjs', file.path, '--json'], { PERKOON_PASSWORD: 'right' });
  const code = String((await sender.event('session_created')).session_code);
  const without = folder.receive(code, '--json');
  await expectFailure(without, 'WRONG_PASSWORD', 4);
  expect(without.stderr).toContain('--password-stdin');
  for (let tried = 1; tried < 5; tried += 1) await expectFailure(folder.receive(code, '--password', 'guess', '--json'), 'WRONG_PASSWORD', 4);
  await expectFailure(folder.receive(code, '--password', 'guess', '--json'), 'PASSWORD_LOCKED', 4);
  await expectFailure(sender, 'PASSWORD_LOCKED', 4);
  expect(await readdir(folder.path)).not.toContain('received');
});

/** Page function, for before the page's own scripts: the connection goes so many times when a password is to be proven. */
function breakAtProofs(times: number): void {
  const { createDataChannel } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.createDataChannel = function (this: RTCPeerConnection, ...options) {
    const channel = createDataChannel.apply(this, options);
    channel.addEventListener('message', (event) => {
      if (times === 0 || !String(event.data).includes('"confirm"')) return;
      times -= 1;
      event.stopImmediatePropagation();
      channel.close();
    });
    return channel;
  };
}

for (const times of [2, 3]) {
  test(`the connection goes ${times} times while the password is checked`, async ({ folder, context, url, directory }) => {
    const file = await makeFile(directory, 'file.bin', 100_000);
    await context.addInitScript(breakAtProofs, times);
    const sender = await Sender.open(context, url, { password: 'secret' });
    await sender.add(file.path);
    const receiver = folder.receive(sender.shareUrl, '--password', 'secret', '--json');
    await sender.offer();
    if (times === 3) return expectFailure(receiver, 'CONNECTION_FAILED', 3);
    expect(await receiver.ended, receiver.stderr).toBe(0);
    expect(await sha256OfFile(folder.at('received', file.name))).toBe(file.sha256);
  });
}

test('a receiver with a password takes nothing from a sender who asks for none', async ({ folder, directory }) => {
  const sender = folder.send((await makeFile(directory, 'file.bin', 1000)).path, '--json');
  const receiver = folder.receive(await shareUrl(sender), '--password', 'secret', '--json');
  await expectFailure(receiver, 'WRONG_PASSWORD', 4);
  await expectFailure(sender, 'PEER_REJECTED', 3);
});

test('a code that leads nowhere', async ({ folder }) => {
  const unknown = folder.receive(NOBODYS_CODE, '--json');
  await expectFailure(unknown, 'SESSION_NOT_FOUND', 3);
  expect(unknown.story).toEqual(['error']);
  await expectFailure(folder.receive('K7MX4QPR9W2', '--json'), 'INVALID_CODE', 1);
  expect(await readdir(folder.path)).not.toContain('received');
});

test('a server that is not there, or not a Perkoon one', async ({ folder, directory }) => {
  const file = await makeFile(directory, 'file.bin', 1);
  await expectFailure(folder.send(file.path, '--url', 'http://127.0.0.1:9', '--json'), 'SIGNALING_LOST', 3);
  const other = createServer((_, answer) => answer.end('Hello')).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  await expectFailure(folder.send(file.path, '--url', `http://127.0.0.1:${port}`, '--json'), 'SIGNALING_LOST', 3);
  other.close();
});

test('a file that cannot be sent', async ({ folder, directory }) => {
  await expectFailure(folder.send('missing.bin', '--json'), 'FILE_UNREADABLE', 2);
  await expectFailure(folder.send((await makeFile(directory, 'there.bin', 1)).path, 'missing.bin', '--json'), 'FILE_UNREADABLE', 2);
  await expectFailure(folder.send(folder.path, '--json'), 'FILE_UNREADABLE', 2);
});

for (const [what, run] of Object.entries<(folder: ScriptFolder) => Script>({
  'nothing to send': (folder) => folder.send('--json'),
  'a flag that is not there': (folder) => folder.send('send.mjs', '--secret', 'secret', '--json'),
  'a password twice': (folder) => folder.send('send.mjs', '--password', 'secret', '--password-stdin', '--json'),
  'a password that is empty': (folder) => folder.send('send.mjs', '--password-stdin', '--json'),
  'a password that is too long': (folder) => folder.receive(NOBODYS_CODE, '--password', 'x'.repeat(1001), '--json'),
  'a password besides a secure link': (folder) => folder.send('send.mjs', '--password', 'secret', '--secure-link', '--json'),
  'a time that is none': (folder) => folder.send('send.mjs', '--timeout', 'soon', '--json'),
  'an address that is none': (folder) => folder.send('send.mjs', '--url', 'perkoon', '--json'),
  'nothing to receive': (folder) => folder.receive('--json'),
  'two directories': (folder) => folder.receive(NOBODYS_CODE, 'here', '--output', 'there', '--json'),
  'stdout for a directory': (folder) => folder.receive(NOBODYS_CODE, '--output', '-', '--json'),
})) {
  test(`bad arguments: ${what}`, async ({ folder }) => {
    await expectFailure(run(folder), 'INVALID_REQUEST', 1);
  });
}

test('--help says how it goes', async ({ folder }) => {
  for (const script of [folder.send('--help'), folder.receive('-h')]) {
    expect(await script.ended).toBe(0);
    expect(script.stdout.join('\n')).toMatch(/node (send|receive)\.mjs [\s\S]*--timeout SECONDS[\s\S]*Exit codes/);
    expect(script.stderr).toBe('');
  }
});

test('a file that is there already stays as it is, unless it may be overwritten', async ({ folder, directory }) => {
  const file = await makeFile(directory, 'file.bin', 100_000);
  await mkdir(folder.at('received'));
  await writeFile(folder.at('received', file.name), 'precious');

  const refused = folder.send(file.path, '--json');
  await expectFailure(folder.receive(await shareUrl(refused), '--json'), 'TARGET_EXISTS', 2);
  await expectFailure(refused, 'PEER_REJECTED', 3);
  expect(await readFile(folder.at('received', file.name), 'utf8')).toBe('precious');

  const sender = folder.send(file.path, '--json');
  const receiver = folder.receive(await shareUrl(sender), '--overwrite');
  expect(await receiver.ended, receiver.stderr).toBe(0);
  expect(await sender.ended, sender.stderr).toBe(0);
  expect(await sha256OfFile(folder.at('received', file.name))).toBe(file.sha256);
  expect(await readdir(folder.at('received'))).toEqual([file.name]);
});

test('a file that appears during the transfer is not replaced', async ({ folder, directory, context, url }) => {
  const file = await makeFile(directory, 'large.bin', 100 * MB);
  const sender = await Sender.open(context, url);
  const receiver = folder.receive(sender.shareUrl, '--json');
  await sender.add(file.path);
  await sender.offer();
  await receiver.event('receiving_file');
  await writeFile(folder.at('received', file.name), 'precious');
  await expectFailure(receiver, 'TARGET_EXISTS', 2);
  expect(await readFile(folder.at('received', file.name), 'utf8')).toBe('precious');
  expect(await readdir(folder.at('received'))).toEqual([file.name]);
});

test('a directory that cannot be written', async ({ folder }) => {
  await writeFile(folder.at('taken'), '');
  await expectFailure(folder.receive(NOBODYS_CODE, 'taken', '--json'), 'FILE_UNREADABLE', 2);
});

test('the receiver declines', async ({ folder, directory, context }) => {
  const sender = folder.send((await makeFile(directory, 'unwanted.bin', 1000)).path, '--json');
  const receiver = await receivingPage(context, sender);
  await receiver.reject();
  await expectFailure(sender, 'PEER_REJECTED', 3);
});

test('nobody comes', async ({ folder, directory, request, url }) => {
  const sender = folder.send((await makeFile(directory, 'file.bin', 1)).path, '--timeout', '1', '--json');
  await expectFailure(sender, 'TIMEOUT', 5);
  expect(sender.story).toEqual(['file_ready', 'session_created', 'waiting_for_receiver', 'error']);
  const { session_code: code } = await createSession(request, url);
  const receiver = folder.receive(code, '--timeout', '1', '--json');
  await expectFailure(receiver, 'TIMEOUT', 5);
  expect(receiver.story).toEqual(['session_joined', 'error']);
});

test('a receiver that does not answer is not waited for beyond the time, and told', async ({ folder, directory, context }) => {
  const sender = folder.send((await makeFile(directory, 'file.bin', 1)).path, '--timeout', '10', '--json');
  const receiver = await receivingPage(context, sender);
  await expect(receiver.page.getByTestId('transfer-accept')).toBeVisible();
  await expectFailure(sender, 'TIMEOUT', 5);
  await waitForStatus(receiver.page, ['cancelled']);
});

test('a receiver that leaves without an answer makes room for the next, who may come at once or later', async ({ folder, directory, browser }) => {
  const file = await makeFile(directory, 'file.bin', 100_000);
  const sender = folder.send(file.path, '--json');
  const first = await receivingPage(await browser.newContext(), sender);
  await waitForStatus(first.page, ['offered']);
  // Joins before the sender's page has noticed that the connection to the one before is gone.
  await first.page.reload();
  await waitForStatus(first.page, ['offered']);
  await first.page.context().close();
  const waits = () => sender.events.filter(({ event }) => event === 'waiting_for_receiver').length;
  await expect.poll(waits, { timeout: 60_000 }).toBe(3);
  const receiver = folder.receive(await shareUrl(sender), '--json');
  expect(await receiver.ended, receiver.stderr).toBe(0);
  expect(await sender.ended, sender.stderr).toBe(0);
  expect(await sha256OfFile(folder.at('received', file.name))).toBe(file.sha256);
});

test('Ctrl-C while nobody is there', async ({ folder, directory }) => {
  const sender = folder.send((await makeFile(directory, 'file.bin', 1)).path, '--json');
  await sender.event('waiting_for_receiver');
  expect(await sender.browsers()).not.toEqual([]);
  sender.interrupt();
  await expectFailure(sender, 'CANCELLED', 130);
  expect(await sender.browsers()).toEqual([]);
});

test('Ctrl-C at the sending script ends the transfer for both', async ({ folder, large, context }) => {
  const sender = folder.send(large.path, '--json');
  const receiver = await receivingPage(context, sender);
  await receiver.accept();
  await waitForBytes(receiver.page, 1 << 20);
  sender.interrupt();
  await waitForStatus(receiver.page, ['cancelled']);
  await expectFailure(sender, 'CANCELLED', 130);
  expect(await sender.browsers()).toEqual([]);
});

test('Ctrl-C at the receiving script ends the transfer for both and leaves nothing behind', async ({ folder, large, context, url }) => {
  const sender = await Sender.open(context, url);
  const receiver = folder.receive(sender.shareUrl, '--json');
  await sender.add(large.path);
  await sender.offer();
  await waitForBytes(sender.page, 1 << 20);
  receiver.interrupt();
  await waitForStatus(sender.page, ['cancelled']);
  await expectFailure(receiver, 'CANCELLED', 130);
  expect(await receiver.browsers()).toEqual([]);
  expect(await readdir(folder.path)).not.toContain('received');
});

test('the sender cancels: the files that had arrived are there, and no other', async ({ folder, directory, large, context, url }) => {
  const small = await makeFile(directory, 'small.bin', 100_000);
  const sender = await Sender.open(context, url);
  const receiver = folder.receive(sender.shareUrl, '--json');
  await sender.add(small.path, large.path);
  await sender.offer();
  await waitForBytes(sender.page, 10 * MB);
  await sender.page.getByTestId('transfer-cancel').click();
  await expectFailure(receiver, 'CANCELLED', 3);
  expect(await readdir(folder.at('received'))).toEqual([small.name]);
  expect(await sha256OfFile(folder.at('received', small.name))).toBe(small.sha256);
});

test('a second receiver waits for its turn', async ({ folder, directory, context }) => {
  const file = await makeFile(directory, 'file.bin', 1000);
  const sender = folder.send(file.path, '--json');
  const first = await receivingPage(context, sender);
  await waitForStatus(first.page, ['offered']);
  await expectFailure(folder.receive(await shareUrl(sender), '--timeout', '2', '--json'), 'SESSION_FULL', 3);
  const patient = folder.receive(await shareUrl(sender), '--json');
  await waitForParticipants(first.page, 2);
  await first.page.close();
  expect(await patient.ended, patient.stderr).toBe(0);
  expect(await sender.ended, sender.stderr).toBe(0);
  expect(await sha256OfFile(folder.at('received', file.name))).toBe(file.sha256);
});

test('the server is the one given, else the one the script came from, else that of the environment', async ({ folder, directory, url }) => {
  const nowhere = 'http://127.0.0.1:9';
  const file = await makeFile(directory, 'file.bin', 1);
  const link = async (script: Script) => {
    const line = await script.line(() => true);
    await script.kill();
    return new URL(line).origin;
  };

  // As a plain file host hands it out.
  await copyFile(path.resolve(import.meta.dirname, '../../dist/perkoon_send.mjs'), folder.at('plain.mjs'));
  const lost = folder.run(['plain.mjs', file.path, '--json'], { PERKOON_URL: undefined });
  await expectFailure(lost, 'INVALID_REQUEST', 1);
  expect(await link(folder.run(['plain.mjs', file.path], { PERKOON_URL: url }))).toBe(url);
  expect(await link(folder.run(['plain.mjs', file.path, '--url', url], { PERKOON_URL: nowhere }))).toBe(url);

  // As a server does, with its own address in it.
  expect(await link(folder.run(['send.mjs', file.path], { PERKOON_URL: nowhere }))).toBe(url);
  expect(await link(folder.run(['send.mjs', file.path], { PERKOON_URL: undefined }))).toBe(url);
});

test('playwright-core and a browser of the environment do', async ({ bareFolder, directory }) => {
  await bareFolder.install('playwright-core');
  const { PERKOON_CHROMIUM: browser } = bareFolder.environment;
  const sender = bareFolder.run(['send.mjs', (await makeFile(directory, 'file.bin', 1)).path, '--json'], {
    PERKOON_CHROMIUM: undefined,
    PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH: browser,
  });
  await sender.event('session_created');
});

test('what is missing is said: Playwright, or a browser', async ({ bareFolder, directory }) => {
  const file = await makeFile(directory, 'file.bin', 1);
  const withoutPlaywright = bareFolder.send(file.path, '--json');
  await expectFailure(withoutPlaywright, 'BROWSER_UNSUPPORTED', 1);
  expect(withoutPlaywright.stderr).toContain('npm install playwright && npx playwright install chromium');

  await bareFolder.install('playwright-core');
  const withoutBrowser = bareFolder.run(['send.mjs', file.path, '--json'], { PERKOON_CHROMIUM: bareFolder.at('chromium') });
  await expectFailure(withoutBrowser, 'BROWSER_UNSUPPORTED', 1);
  expect(withoutBrowser.stderr).toContain('npx playwright install chromium');
});
