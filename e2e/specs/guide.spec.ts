// The guide for agents: its examples run as they are, and everything it names is there.

import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import readline from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { APIRequestContext } from '@playwright/test';
import { launchOptions } from '../support/browser';
import { MB, makeFile, sha256OfFile } from '../support/files';
import { expect, test } from '../support/fixtures';
import { look } from '../support/look';

async function fetchGuide(request: APIRequestContext, url: string): Promise<string> {
  const answer = await request.get(`${url}/llms.txt`);
  expect(answer.headers()['content-type']).toBe('text/plain; charset=utf-8');
  return answer.text();
}

/** A folder as `npm install playwright` leaves it, with the guide's examples in it, and a browser for them that suits this machine. */
async function prepare(directory: string, guide: string): Promise<NodeJS.ProcessEnv> {
  await mkdir(path.join(directory, 'node_modules'), { recursive: true });
  for (const name of ['playwright', 'playwright-core']) {
    await symlink(path.resolve(import.meta.dirname, '../node_modules', name), path.join(directory, 'node_modules', name));
  }
  for (const [, name, code] of guide.matchAll(/^```js (\S+)\n([\s\S]*?)^```$/gm)) await writeFile(path.join(directory, name!), code!);
  const browser = path.join(directory, 'browser.mjs');
  await writeFile(
    browser,
    `import { chromium } from 'playwright';
const launch = chromium.launch.bind(chromium);
chromium.launch = (options) => launch({ ...${JSON.stringify(launchOptions)}, ...options });\n`,
  );
  return { ...process.env, NODE_OPTIONS: `--import=${browser}` };
}

/** Resolves once the program has ended well, without a complaint. */
async function ended(program: ChildProcessByStdio<null, Readable, Readable>): Promise<void> {
  const complaints = text(program.stderr);
  const [code] = (await once(program, 'exit')) as [number | null];
  expect([code, await complaints]).toEqual([0, '']);
}

test('the examples of the guide move a file', async ({ request, url, directory }) => {
  const env = await prepare(directory, await fetchGuide(request, url));
  const file = await makeFile(path.join(directory, 'outbox'), 'report 1.bin', 5 * MB);
  const options = { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'] };
  const sender = spawn(process.execPath, ['send_example.mjs', file.path], options);
  const sent = ended(sender);
  const link = once(readline.createInterface({ input: sender.stdout }), 'line') as Promise<[string]>;
  const [address] = await Promise.race([link, sent.then(() => Promise.reject(new Error('the sender ended without a link')))]);
  expect(address).toMatch(new RegExp(`^${url}/[2-9A-Z]{12}$`));
  const receiver = spawn(process.execPath, ['receive_example.mjs', address.split('/').at(-1)!], options);
  await Promise.all([ended(receiver), sent]);
  expect(await sha256OfFile(path.join(directory, 'received', 'report 1.bin'))).toBe(file.sha256);
});

test('the example for agents without a browser makes a session', async ({ request, url, directory }) => {
  const env = await prepare(directory, await fetchGuide(request, url));
  const program = spawn(process.execPath, ['mcp_example.mjs'], { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [said] = await Promise.all([text(program.stdout), ended(program)]);
  const { status, share, send } = JSON.parse(said) as { status: string; share: string; send: string };
  expect(status).toBe('waiting');
  expect(share).toMatch(new RegExp(`^${url}/[2-9A-Z]{12}$`));
  expect(send).toMatch(new RegExp(`^${share}#key=[\\w-]+$`));
});

test('the example of A2A in the guide makes a session', async ({ request, url }) => {
  const guide = await fetchGuide(request, url);
  const [, command] = /^```sh a2a_example.sh\n([\s\S]*?)^```$/m.exec(guide)!;
  const { stdout } = await promisify(execFile)('sh', ['-c', command!]);
  const { data } = (JSON.parse(stdout) as { result: { parts: { data: Record<string, string> }[] } }).result.parts[0]!;
  for (const name of ['session_code', 'share_url', 'sender_url', 'receiver_url', 'sender_key', 'status_url', 'cli', 'next_steps']) {
    expect(data, name).toHaveProperty(name);
  }
  expect(await (await request.get(data.status_url!)).json()).toMatchObject({ session_code: data.session_code, status: 'waiting' });
});

test('the guide is about this server, and everything it links to is there', async ({ request, page, url }) => {
  const guide = await fetchGuide(request, url);
  expect(guide).not.toContain('https://HOST');
  expect(guide).toContain(`curl ${url}/perkoon_send.mjs`);
  expect(guide).toContain(await readFile(path.resolve(import.meta.dirname, '../../public/perkoon.d.ts'), 'utf8'));
  await page.goto(`${url}/automate`);
  await look(page, 'automate');
  const links = await page.locator('main a').evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href));
  const fetched = [...guide.matchAll(/curl (https?:\S+\.mjs)/g)].map(([, address]) => address!);
  for (const address of [...links, ...fetched]) expect((await request.get(address)).status(), address).toBe(200);
});

test('pages of text have the idle state object, and lead back to the app', async ({ page, url }) => {
  for (const name of ['automate', 'terms', 'privacy']) {
    await page.goto(`${url}/${name}`);
    expect(await page.evaluate(() => window.__perkoon.transfer.status)).toBe('idle');
    expect(await page.evaluate(() => window.__perkoon.version)).toMatch(/^\d+\.\d+\.\d+$/);
  }
  await page.getByRole('link', { name: 'Perkoon' }).click();
  await expect(page.getByRole('link', { name: 'Send files' })).toBeVisible();
});

test('agents are welcome', async ({ request, url }) => {
  const robots = await (await request.get(`${url}/robots.txt`)).text();
  expect(robots).toContain('Allow: /\n');
  expect(robots).not.toContain('Disallow');
});
