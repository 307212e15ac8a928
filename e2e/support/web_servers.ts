// Debian's web servers, set up with the examples in `deploy/`.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { listening } from './ports';

export const LOOPBACK = '127.0.0.1';

const examples = path.resolve(import.meta.dirname, '../../deploy');

/** What differs in a test from an example. */
export type Changes = readonly (readonly [RegExp, string])[];

/** Writes an example into the directory, with what differs here; answers with its place. */
export async function example(directory: string, name: string, changes: Changes = []): Promise<string> {
  let text = await readFile(path.join(examples, name), 'utf8');
  for (const [from, to] of changes) {
    if (!from.test(text)) throw new Error(`deploy/${name} has no ${String(from)}`);
    text = text.replace(from, to);
  }
  await mkdir(directory, { recursive: true });
  const place = path.join(directory, path.basename(name));
  await writeFile(place, text);
  return place;
}

/** Starts nginx with these files in its `http` block: one process, in the foreground, that becomes nobody else. */
export async function startNginx(directory: string, port: number, files: string[]): Promise<ChildProcess> {
  const at = (name: string) => path.join(directory, name);
  const settings = [
    'daemon off;',
    'master_process off;',
    `pid ${at('nginx.pid')};`,
    'events {}',
    'http {',
    'include /etc/nginx/mime.types;',
    'access_log off;',
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${at(name)};`),
    ...files.map((file) => `include ${file};`),
    '}',
  ];
  await writeFile(at('nginx.conf'), settings.join('\n'));
  return start(directory, port, ['nginx', '-p', directory, '-e', 'stderr', '-c', at('nginx.conf')]);
}

/** Starts Caddy. */
export async function startCaddy(directory: string, port: number, file: string): Promise<ChildProcess> {
  return start(directory, port, ['caddy', 'run', '--adapter', 'caddyfile', '--config', file]);
}

/** What Caddy is told besides an example: to leave the machine alone. */
export const CADDY_HERE = '{\n\tadmin off\n\tauto_https off\n\tlog {\n\t\tlevel ERROR\n\t}\n}\n\n';

async function start(directory: string, port: number, [program, ...options]: string[]): Promise<ChildProcess> {
  const home = { HOME: directory, XDG_CONFIG_HOME: directory, XDG_DATA_HOME: directory };
  const server = spawn(program!, options, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...home } });
  await listening(server, port, LOOPBACK);
  return server;
}
