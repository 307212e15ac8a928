// What others have written speaks to the server: the official A2A clients for Python, and schemathesis, which calls the REST interface with
// whatever its OpenAPI document allows and does not allow. They live in virtual environments that `cargo xtask test` makes.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from '../support/fixtures';

const SCRIPTS = path.resolve(import.meta.dirname, '../interop');
const ENVIRONMENTS = process.env.PERKOON_PYTHON ?? path.resolve(import.meta.dirname, '../../target/tools/python');

/** Runs Python in an environment; fails with all it said unless it ends well. */
async function run(environment: string, ...options: string[]): Promise<string> {
  const child = spawn(path.join(ENVIRONMENTS, environment, 'bin', 'python'), options, {
    cwd: SCRIPTS,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', NO_PROXY: '*' },
  });
  const [said, complaints, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit') as Promise<[number | null]>]);
  expect(code, `${said}\n${complaints}`).toBe(0);
  return said;
}

test('the official Python client of A2A 1.0', async ({ url }) => {
  expect(await run('current', 'a2a_1_0.py', url)).toContain('in order');
});

test('the official Python client of A2A 0.3', async ({ url }) => {
  expect(await run('a2a-0.3', 'a2a_0_3.py', url)).toContain('in order');
});

test('the OpenAPI document is valid', async ({ url }) => {
  expect(await run('current', 'check_openapi.py', url)).toContain('in order');
});

test('the REST interface keeps to its OpenAPI document, whatever it is asked', async ({ url }) => {
  test.setTimeout(120_000);
  const options = ['--checks', 'all', '--max-examples', '60', '--seed', '1', '--generation-database', 'none', '--no-color'];
  await run('current', '-m', 'schemathesis.cli', 'run', `${url}/api/v1/openapi.json`, ...options);
});
