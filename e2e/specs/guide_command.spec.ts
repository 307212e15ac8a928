// The guide's chapters on the command: its examples run as they are, and its tables name what there is.

import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type CommandEvent, binary, test as base, expect, pathWithCommand } from '../support/command';
import { makeFolder, sha256OfFolder } from '../support/command_files';
import { MB, makeFile } from '../support/files';
import { Host } from '../support/mcp';
import { Receiver } from '../support/receiver';

const PASSWORD = 'correct horse';

const test = base.extend<{ guide: string }>({
  /** The guide; its examples are files in the test's directory. */
  guide: async ({ request, url, directory }, use) => {
    const guide = await (await request.get(`${url}/llms.txt`)).text();
    await mkdir(directory, { recursive: true });
    for (const [, name, code] of guide.matchAll(/^```(?:sh|json) (\S+)\n([\s\S]*?)^```$/gm)) await writeFile(path.join(directory, name!), code!);
    await use(guide);
  },
});

test('the examples of the command move files to a page and to a command', async ({ guide, commands, context, directory }) => {
  expect(guide).toContain('sh command_send.sh FILE…');
  const file = await makeFile(directory, 'report 1.bin', 5 * MB);
  const toPage = await commands.shell(`sh command_send.sh "${file.path}"`);
  const receiver = await Receiver.open(context, await toPage.shareUrl());
  await receiver.accept();
  expect(await receiver.saved()).toEqual(new Map([[file.name, file.sha256]]));
  await toPage.complete();

  const photos = await makeFolder(directory, 'photos', 10);
  const send = await commands.shell(`sh command_send.sh "${file.path}" photos`);
  const receive = await commands.shell(`sh command_receive.sh ${await send.shareUrl()}`);
  await Promise.all([send.complete(), receive.complete()]);
  expect(await sha256OfFolder(path.join(directory, 'inbox'))).toEqual(new Map([[file.name, file.sha256], ...photos]));
});

test('the examples with pipes move a folder', async ({ guide, commands, directory }) => {
  expect(guide).toContain('sh command_pipe.sh FOLDER');
  const photos = await makeFolder(directory, 'photos', 20);
  const send = await commands.shell('sh command_pipe.sh photos');
  await mkdir(path.join(directory, 'unpacked'));
  const unpack = await commands.shell(`sh -c 'cd unpacked && sh ../command_unpack.sh ${await send.shareUrl()}'`);
  expect((await unpack.ended()).code, unpack.told).toBe(0);
  await send.complete();
  expect(await sha256OfFolder(path.join(directory, 'unpacked'))).toEqual(photos);
});

test('the examples with a password prove it to each other', async ({ guide, commands, directory }) => {
  expect(guide).toContain('PERKOON_PASSWORD=… sh command_receive_password.sh LINK');
  const file = await makeFile(directory, 'report.bin', 1000);
  const send = await commands.shell(`env "PASSWORD=${PASSWORD}" sh command_send_password.sh report.bin`);
  const link = await send.shareUrl();
  const guess = await commands.shell(`env PERKOON_PASSWORD=guess sh command_receive_password.sh ${link}`);
  await guess.fails(4, 'WRONG_PASSWORD');
  const receive = await commands.shell(`env "PERKOON_PASSWORD=${PASSWORD}" sh command_receive_password.sh ${link}`);
  await Promise.all([send.complete(), receive.complete()]);
  expect(await sha256OfFolder(path.join(directory, 'received'))).toEqual(new Map([[file.name, file.sha256]]));
});

test('the example of A2A sends in the session that its answer is about', async ({ guide, commands, directory }) => {
  expect(guide).toContain('sh a2a_send.sh CODE KEY FILE');
  const file = await makeFile(directory, 'report.bin', 100_000);
  const { stdout } = await promisify(execFile)('sh', ['a2a_example.sh'], { cwd: directory });
  const { data } = (JSON.parse(stdout) as { result: { parts: { data: Record<string, string> }[] } }).result.parts[0]!;
  const send = await commands.shell(`sh a2a_send.sh ${data.session_code} ${data.sender_key} report.bin`);
  const receive = await commands.shell(`sh command_receive.sh ${data.share_url}`);
  await Promise.all([send.complete(), receive.complete()]);
  expect(await sha256OfFolder(path.join(directory, 'inbox'))).toEqual(new Map([[file.name, file.sha256]]));
});

test('a host with the settings in the guide receives a file, with the tools that are named there', async ({ guide, commands, url, directory }) => {
  const file = await makeFile(directory, 'report.bin', 100_000);
  const send = await commands.shell('sh command_send.sh report.bin');
  const { perkoon } = (JSON.parse(await readFile(path.join(directory, 'mcp_settings.json'), 'utf8')) as { mcpServers: Record<string, Settings> }).mcpServers;
  const environment = Object.entries({ ...perkoon!.env, PATH: await pathWithCommand(directory) }).map((entry) => entry.join('='));
  const home = path.join(directory, 'home');
  const host = await Host.start(home, url, '2025-11-25', ['env', ...environment, perkoon!.command, ...perkoon!.args]);
  await host.call('receive_file', { session_code: await send.shareUrl() });
  await send.complete();
  expect(await sha256OfFolder(path.join(home, 'received'))).toEqual(new Map([[file.name, file.sha256]]));

  const chapter = chapterOf(guide, 'An MCP server of your own');
  const named = [...chapter.matchAll(/^\| `(\w+)` \| (.+?) \|/gm)].map(([, name, takes]) => [name, takes!.match(/\w+/g)!.sort()]);
  const { tools } = await host.client.listTools();
  const there = tools.map(({ name, inputSchema }) => [name, Object.keys(inputSchema.properties ?? {}).sort()]);
  expect(Object.fromEntries(named)).toEqual(Object.fromEntries(there));
  await host.client.close();
});

interface Settings {
  readonly command: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}

test('the tables of the command name every event with its fields, and every flag', async ({ guide }) => {
  const chapter = chapterOf(guide, 'The command');
  const rows = new Map([...chapter.matchAll(/^\| `(\w+)` \| (?:send|receive|both) \| (.*?) \|/gm)].map(([, name, fields]) => [name, fields!.match(/`\w+`/g) ?? []]));
  const lines = (await readFile(path.resolve(import.meta.dirname, '../../crates/cli/tests/events.jsonl'), 'utf8')).trim().split('\n');
  const events = lines.map((line) => JSON.parse(line) as CommandEvent);
  expect([...rows.keys()].sort()).toEqual([...new Set(events.map(({ event }) => event))].sort());
  for (const { event, ...fields } of events) expect(rows.get(event), event).toEqual(expect.arrayContaining(Object.keys(fields).map((name) => `\`${name}\``)));

  for (const command of ['send', 'receive']) {
    const { stdout } = await promisify(execFile)(binary, [command, '--help']);
    const flags = stdout.match(/^ {6}--[\w-]+/gm)!.map((flag) => flag.trim());
    expect(flags).toContain('--json');
    for (const flag of flags) expect(chapter).toMatch(new RegExp(`^\\|.*\`${flag}[ \`].*\\|$`, 'm'));
  }
});

test('every link within the guide leads somewhere', async ({ page, url }) => {
  await page.goto(`${url}/automate`);
  const links = await page.locator('main a[href^="#"]').evaluateAll((all) => {
    return all.map((link) => link.getAttribute('href')!).map((link) => [link, document.getElementById(link.slice(1)) !== null]);
  });
  expect(links).toContainEqual(['#the-command', true]);
  expect(links.filter(([, leadsSomewhere]) => !leadsSomewhere)).toEqual([]);
});

/** What stands below this heading. */
function chapterOf(guide: string, heading: string): string {
  const [, chapter] = guide.split(`\n## ${heading}\n`);
  return chapter!.split('\n## ')[0]!;
}
