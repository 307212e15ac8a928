// The `perkoon` command and pages, in every pairing and protection: what arrives is compared byte for byte.

import { spawn } from 'node:child_process';
import path from 'node:path';
import { full } from '../support/browser';
import { type Command, type Commands, type ReceivedFile, expect, test } from '../support/command';
import { makeFolder, sha256OfFolder } from '../support/command_files';
import { MB, type SeededFile, makeFile, sha256OfFile } from '../support/files';
import { perkoon, waitForStatus } from '../support/hooks';
import { type Mode, Receiver } from '../support/receiver';
import { type Protection, Sender } from '../support/sender';
import { sha256OfZip } from '../support/zip';

const SIZES: [string, number][] = [['0 bytes', 0], ['1 byte', 1], ['5 MB', 5 * MB]];
if (full) SIZES.push(['300 MB', 300 * MB], ['1 GB', 1_000 * MB]);
const TIMEOUT = full ? 600_000 : 40_000;
const PASSWORD = 'correct horse, batterie de chevaux';

const SENT = ['file_ready', 'session_created', 'waiting_for_receiver', 'receiver_connected', 'webrtc_connected', 'waiting_for_acceptance'];
const SENDERS_STORY = [...SENT, 'transfer_accepted', 'progress', 'transfer_complete'];
const RECEIVERS_STORY = ['session_joined', 'sender_found', 'webrtc_connected', 'receiving_file', 'progress', 'transfer_complete'];

/** What is told in between of who is at the other end. */
const ASIDES = ['verification_words', 'password_verified'];

/** The command has told this story. */
function expectStory({ story }: Command, expected: string[]): void {
  expect(story.filter((name) => !ASIDES.includes(name))).toEqual(expected);
}

/** Waits for a command that sends. */
async function expectSent(command: Command): Promise<void> {
  await command.complete();
  expectStory(command, SENDERS_STORY);
}

/** Waits for a command that receives into this folder, and compares. */
async function expectReceived(command: Command, folder: string, file: SeededFile): Promise<ReceivedFile> {
  const { files } = (await command.complete()) as unknown as { files: ReceivedFile[] };
  expectStory(command, RECEIVERS_STORY);
  expect(await sha256OfFolder(folder)).toEqual(new Map([[file.name, file.sha256]]));
  expect(files).toMatchObject([{ name: file.name, size: file.size, blake3: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  expect(path.resolve(folder, '..', files[0]!.path)).toBe(path.join(folder, file.name));
  return files[0]!;
}

for (const [label, size] of SIZES) {
  for (const mode of ['agent', 'people'] as const satisfies Mode[]) {
    test(`${label} from a command to a page, ${mode}`, async ({ commands, context, directory }) => {
      test.setTimeout(TIMEOUT);
      const file = await makeFile(directory, 'file.bin', size);
      const send = commands.send([file.path]);
      const receiver = await Receiver.open(context, await send.shareUrl(), mode);
      await receiver.accept();
      expect(await receiver.saved(TIMEOUT)).toEqual(new Map([[file.name, file.sha256]]));
      await expectSent(send);
      expect(await send.event('session_created')).toMatchObject({ session_code: expect.stringMatching(/^[2-9A-HJKMNP-TV-Z]{12}$/) });
      expect((await send.event('progress', ({ percent }) => percent === 100)).speed).toBeGreaterThanOrEqual(0);
    });
  }

  test(`${label} from a page to a command`, async ({ commands, context, url, directory }) => {
    test.setTimeout(TIMEOUT);
    const file = await makeFile(directory, 'file.bin', size);
    const sender = await Sender.open(context, url, { agent: true });
    await sender.add(file.path);
    const receive = commands.receive([sender.shareUrl, '--output', 'here']);
    await sender.offer();
    const { blake3 } = await expectReceived(receive, path.join(directory, 'here'), file);
    await waitForStatus(sender.page, ['complete'], TIMEOUT);
    expect((await perkoon(sender.page)).files[0]!.blake3).toBe(blake3);
  });

  test(`${label} from a command to a command`, async ({ commands, directory }) => {
    test.setTimeout(TIMEOUT);
    const file = await makeFile(directory, 'file.bin', size);
    const send = commands.send([file.path]);
    const receive = commands.receive([await send.shareUrl(), '--output', 'here']);
    await expectReceived(receive, path.join(directory, 'here'), file);
    await expectSent(send);
  });
}

// How a password comes to a command.
const GIVEN = {
  '--password': (commands: Commands, way: 'send' | 'receive', what: string) => commands[way]([what, '--password', PASSWORD]),
  'PERKOON_PASSWORD': (commands: Commands, way: 'send' | 'receive', what: string) => commands[way]([what], { environment: { PERKOON_PASSWORD: PASSWORD } }),
  '--password-stdin': (commands: Commands, way: 'send' | 'receive', what: string) => commands[way]([what, '--password-stdin'], { input: `${PASSWORD}\n` }),
};

for (const [way, start] of Object.entries(GIVEN)) {
  test(`with a password from ${way}, between commands`, async ({ commands, directory }) => {
    const file = await makeFile(directory, 'file.bin', 100_000);
    const send = start(commands, 'send', file.path);
    const link = await send.shareUrl();
    const receive = start(commands, 'receive', link);
    // Where it goes when nothing else is said.
    await expectReceived(receive, path.join(directory, 'received'), file);
    await expectSent(send);
    expect(JSON.stringify([...send.events, ...receive.events, ...send.remarks, ...receive.remarks])).not.toContain('batterie');
  });
}

test('with a password, from a command to a page', async ({ commands, context, directory }) => {
  const file = await makeFile(directory, 'file.bin', 100_000);
  const send = commands.send([file.path, '--password', PASSWORD]);
  const receiver = await Receiver.open(context, await send.shareUrl(), 'people');
  await receiver.tryPassword('guess');
  await expect(receiver.page.getByTestId('error-message')).toHaveAttribute('data-code', 'WRONG_PASSWORD');
  await receiver.tryPassword(PASSWORD);
  await receiver.accept();
  expect(await receiver.saved()).toEqual(new Map([[file.name, file.sha256]]));
  await send.complete();
});

test('with a secret in the link, from a command to a page', async ({ commands, context, url, directory }) => {
  const file = await makeFile(directory, 'file.bin', 100_000);
  const send = commands.send([file.path, '--secure-link']);
  const link = await send.shareUrl();
  expect(link).toMatch(new RegExp(`^${url}/[2-9A-HJKMNP-TV-Z]{12}#s=[0-9a-f]{32}$`));
  const receiver = await Receiver.open(context, link);
  await receiver.accept();
  expect(await receiver.saved()).toEqual(new Map([[file.name, file.sha256]]));
  expect((await perkoon(receiver.page)).session).toMatchObject({ passwordProtected: true, verification: null });
  await expectSent(send);
});

test('without a password both ends show the same words', async ({ commands, context, directory }) => {
  const file = await makeFile(directory, 'file.bin', 1000);
  const send = commands.send([file.path]);
  const receiver = await Receiver.open(context, await send.shareUrl(), 'people');
  const { words } = await send.event('verification_words');
  await expect.poll(async () => (await perkoon(receiver.page)).session!.verification).toEqual(words);
});

const PROTECTIONS: [string, Protection, string[]][] = [
  ['with a password', { password: PASSWORD }, ['--password', PASSWORD]],
  ['with a secret in the link', { secureLink: true }, []],
];

for (const [name, protection, options] of PROTECTIONS) {
  test(`${name}, from a page to a command`, async ({ commands, context, url, directory }) => {
    const file = await makeFile(directory, 'file.bin', 100_000);
    const sender = await Sender.open(context, url, protection);
    await sender.add(file.path);
    const receive = commands.receive([sender.shareUrl, ...options, '--output', 'here']);
    await sender.offer();
    await expectReceived(receive, path.join(directory, 'here'), file);
    await waitForStatus(sender.page, ['complete']);
  });
}

test('a code in any spelling, from the server that is named in the environment', async ({ commands, url, directory }) => {
  const file = await makeFile(directory, 'file.bin', 1000);
  const environment = { PERKOON_URL: url };
  const send = commands.run(['send', '--json', file.path], { environment });
  const { session_code: code } = await send.event('session_created');
  const spelled = (code as string).toLowerCase().replace(/(....)(?=.)/g, '$1-');
  await expectReceived(commands.run(['receive', '--json', spelled], { environment }), path.join(directory, 'received'), file);
  await expectSent(send);
});

const COUNT = 2_000;

test(`a folder of ${COUNT} files between commands keeps its tree`, async ({ commands, directory }) => {
  const digests = await makeFolder(directory, 'holiday', COUNT);
  const send = commands.send(['holiday']);
  const { files } = (await commands.receive([await send.shareUrl(), '--output', 'here']).complete()) as unknown as { files: ReceivedFile[] };
  expect(files).toHaveLength(COUNT);
  expect(await sha256OfFolder(path.join(directory, 'here'))).toEqual(new Map([...digests].sort()));
  await send.complete();
});

test(`a folder of ${COUNT} files from a page keeps its tree`, async ({ commands, context, url, directory }) => {
  const digests = await makeFolder(directory, 'holiday', COUNT);
  const sender = await Sender.open(context, url);
  await sender.page.setInputFiles('[data-testid="folder-input"]', path.join(directory, 'holiday'));
  const receive = commands.receive([sender.shareUrl, '--output', 'here']);
  await sender.offer();
  await receive.complete();
  expect(await sha256OfFolder(path.join(directory, 'here'))).toEqual(new Map([...digests].sort()));
  await waitForStatus(sender.page, ['complete']);
});

test(`a folder of ${COUNT} files to a person's page is one ZIP with the tree`, async ({ commands, context, directory }) => {
  const digests = await makeFolder(directory, 'holiday', COUNT);
  const send = commands.send(['holiday']);
  const receiver = await Receiver.open(context, await send.shareUrl(), 'people');
  await receiver.accept();
  const [download] = await receiver.complete();
  expect([...(await sha256OfZip(await download!.path()))].sort()).toEqual([...digests].sort());
  await send.complete();
});

test('a folder and a file to a script are downloads of their own', async ({ commands, context, directory }) => {
  const digests = await makeFolder(directory, 'holiday', 20);
  const single = await makeFile(directory, 'single.bin', 70_000);
  digests.set(single.name, single.sha256);
  const send = commands.send(['holiday', 'single.bin']);
  const receiver = await Receiver.open(context, await send.shareUrl());
  await receiver.accept();
  const saved = await receiver.saved();
  const { files } = await perkoon(receiver.page);
  expect(new Map(files.map((file) => [file.path, saved.get(file.savedAs!)!]).sort() as [string, string][])).toEqual(new Map([...digests].sort()));
  await send.complete();
});

test('what tar writes goes from pipe to pipe', async ({ commands, directory }) => {
  const digests = await makeFolder(directory, 'holiday', 300);
  const tar = spawn('tar', ['-c', 'holiday'], { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] });
  const send = commands.send(['-', '--name', 'holiday.tar'], { input: tar.stdout });
  const archive = path.join(directory, 'arrived.tar');
  const receive = commands.receive([await send.shareUrl(), '--output', '-'], { into: archive });
  const last = await receive.complete();
  expect(last).toMatchObject({ files: [{ name: 'holiday.tar' }] });
  await expectSent(send);
  const untar = spawn('tar', ['-x', '-f', archive, '--one-top-level=out'], { cwd: directory, stdio: 'inherit' });
  expect(await new Promise((resolve) => untar.on('exit', resolve))).toBe(0);
  expect(await sha256OfFolder(path.join(directory, 'out'))).toEqual(new Map([...digests].sort()));
});

test('a page sends into a pipe, which holds nothing but the bytes', async ({ commands, context, url, directory }) => {
  const file = await makeFile(directory, 'file.bin', 5 * MB);
  const sender = await Sender.open(context, url);
  await sender.add(file.path);
  const into = path.join(directory, 'arrived.bin');
  const receive = commands.receive([sender.shareUrl, '--output', '-'], { into });
  await sender.offer();
  await receive.complete();
  expect(await sha256OfFile(into)).toBe(file.sha256);
});
