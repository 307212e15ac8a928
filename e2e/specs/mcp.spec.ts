// The remote MCP server, as the official client and the official conformance suite see it, in both eras of the protocol.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, test } from '../support/fixtures';
import { Sender } from '../support/sender';

interface Session {
  session_code: string;
  share_url: string;
  sender_url: string;
  next_steps: string[];
}

/** With a handshake, as all revisions before 2026-07-28 have it, and without. */
const eras = { '2025-11-25': 'legacy', '2026-07-28': { pin: '2026-07-28' } } as const;

async function connected(url: string, era: keyof typeof eras, headers: Record<string, string> = {}): Promise<Client> {
  const client = new Client({ name: 'perkoon-e2e', version: '1' }, { versionNegotiation: { mode: eras[era] } });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } }));
  return client;
}

for (const era of Object.keys(eras) as (keyof typeof eras)[]) {
  test(`the official client makes a session and looks after it (${era})`, async ({ url, page }) => {
    const client = await connected(url, era);
    expect(client.getNegotiatedProtocolVersion()).toBe(era);
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name)).toEqual(['check_session', 'create_session', 'describe']);

    const made = await client.callTool({ name: 'create_session', arguments: { name: 'report', ttl_s: 600 } });
    const session = made.structuredContent as unknown as Session;
    expect(session.share_url).toBe(`${url}/${session.session_code}`);
    const check = async () => {
      const { structuredContent } = await client.callTool({ name: 'check_session', arguments: { session_code: session.session_code } });
      return structuredContent as { status: string; participants: number };
    };
    expect(await check()).toMatchObject({ status: 'waiting', participants: 0 });

    // The link is one that a browser can send with.
    await page.goto(session.sender_url);
    await Sender.start(page);
    await expect.poll(check).toMatchObject({ status: 'waiting', participants: 1 });

    const unknown = await client.callTool({ name: 'check_session', arguments: { session_code: 'K7MX4QPR9W2N' } });
    expect(unknown.isError).toBe(true);
    expect(JSON.stringify(unknown.content)).toContain('Ask the sender for a new link');
    await client.close();
  });

  test(`what the official conformance suite asks of a server is given (${era})`, async ({ url, directory }) => {
    const [suite, older, expected] = [
      '../node_modules/@modelcontextprotocol/conformance/dist/index.js',
      '../interop/older_node.mjs',
      `../interop/mcp_expected_failures_${era}.yml`,
    ].map((name) => path.resolve(import.meta.dirname, name)) as [string, string, string];
    const options = ['--url', `${url}/mcp`, '--requirements', era, '--expected-failures', expected, '--output-dir', directory];
    await mkdir(directory, { recursive: true });
    const program = ['--import', older, suite, 'server', ...options];
    const run = spawn(process.execPath, program, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
    const [[code], said, complaints] = await Promise.all([once(run, 'exit') as Promise<[number]>, text(run.stdout), text(run.stderr)]);
    expect(code, `${said}\n${complaints}`).toBe(0);
  });
}

test('pages of other origins are refused in words', async ({ url }) => {
  await expect(connected(url, '2025-11-25', { origin: 'https://evil.example' })).rejects.toThrow(/--allowed-origin/);
});

test('a name that leads here and is not this server is refused in words', async ({ url }) => {
  const { hostname, port } = new URL(url);
  const headers = { host: 'evil.example', 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const request = http.request({ hostname, port, path: '/mcp', method: 'POST', headers });
  request.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }));
  const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
  expect(answer.statusCode).toBe(403);
  expect(await text(answer)).toContain('--public-url');
});
