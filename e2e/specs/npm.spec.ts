// The npm packages, packed, installed into an empty folder without a network, and run as people and hosts run them.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import readline from 'node:readline';
import { text } from 'node:stream/consumers';
import { binary, cleanEnvironment } from '../support/command';
import { expect, test } from '../support/fixtures';
import { Host } from '../support/mcp';

const pack = path.resolve(import.meta.dirname, '../../npm/pack.mjs');
const VERSION = '12.3.4';

interface Ended {
  code: number;
  said: string;
  complaints: string;
}

/** Runs a program to its end, with a home of its own, so that npm finds nothing in its cache. */
async function run(directory: string, program: string, ...options: string[]): Promise<Ended> {
  const env = { ...cleanEnvironment(), HOME: directory, npm_config_cache: path.join(directory, '.npm') };
  const child = spawn(program, options, { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [[code], said, complaints] = await Promise.all([once(child, 'exit') as Promise<[number]>, text(child.stdout), text(child.stderr)]);
  return { code, said, complaints };
}

/** Runs it to an end that is good; answers with what it has said. */
async function done(...what: Parameters<typeof run>): Promise<string> {
  const { code, said, complaints } = await run(...what);
  expect(code, said + complaints).toBe(0);
  return said;
}

/** A folder with the packages installed. */
async function installed(directory: string): Promise<string> {
  const folder = path.join(directory, 'app');
  await mkdir(folder, { recursive: true });
  // Without one of its own, npm takes the folder for a part of what is around it, which is this suite.
  await writeFile(path.join(folder, 'package.json'), '{ "private": true }\n');
  await done(folder, process.execPath, pack, '--binary', binary, '--version', VERSION, '--out', '../packed');
  const tarballs = (await readdir(path.join(directory, 'packed'))).map((name) => path.join('../packed', name));
  expect(tarballs).toHaveLength(3);
  await done(folder, 'npm', 'install', '--offline', '--no-audit', '--no-fund', ...tarballs);
  return folder;
}

test('what is packed is installed without a network and run', async ({ directory, url }) => {
  const folder = await installed(directory);
  expect(await done(folder, 'npx', '--offline', 'perkoon', '--version')).toBe(await done(folder, binary, '--version'));

  // Nothing is added or lost in between: exit codes, and what is said where.
  const failed = await run(folder, 'npx', '--offline', 'perkoon', 'receive', 'nonsense', '--json');
  expect(failed).toMatchObject({ code: 1, said: expect.stringMatching(/^\{"event":"error".*"code":"INVALID_CODE".*\}\n$/) });

  const packages = path.join(folder, 'node_modules');
  for (const name of ['perkoon', '@perkoon/mcp', `@perkoon/cli-${process.platform}-${process.arch}`]) {
    expect(await readdir(path.join(packages, name))).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'bin', 'package.json']));
  }

  const host = await Host.start(folder, url, '2025-11-25', ['npx', '--offline', 'perkoon-mcp']);
  const { tools } = await host.client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(['check_session', 'receive_file', 'send_file']);
  await host.client.close();
});

test('the launcher passes signals on, and ends as the program does', async ({ directory }) => {
  const folder = await installed(directory);
  const launcher = path.join(folder, 'node_modules/.bin/perkoon');
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const child = spawn(launcher, ['serve', '--listen', '127.0.0.1:0'], { cwd: folder, env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = (await once(readline.createInterface({ input: child.stdout }), 'line')) as [string];
    expect(line).toContain('Perkoon listens on');
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
  }
});

test('a machine without the package of its platform is told what is missing', async ({ directory }) => {
  const folder = await installed(directory);
  await rm(path.join(folder, `node_modules/@perkoon/cli-${process.platform}-${process.arch}`), { recursive: true });
  const { code, said, complaints } = await run(folder, 'npx', '--offline', 'perkoon', '--version');
  expect({ code, said }).toEqual({ code: 1, said: '' });
  expect(complaints).toContain(`@perkoon/cli-${process.platform}-${process.arch}`);
});
