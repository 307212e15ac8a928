// A session made over A2A is one that browsers can use; the official clients for JavaScript speak to the server in both versions.

import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { Role, type SendMessageResult } from '@a2a-js/sdk';
import { ClientFactory } from '@a2a-js/sdk/client';
import { type APIRequestContext } from '@playwright/test';
import type { Message as FormerMessage } from 'a2a-js-sdk-0.3';
import { ClientFactory as FormerClientFactory } from 'a2a-js-sdk-0.3/client';
import { MB, makeFile } from '../support/files';
import { expect, test } from '../support/fixtures';
import { Receiver } from '../support/receiver';
import { Sender, skipConfirmations } from '../support/sender';

/** What `send-files` answers. */
interface Made {
  readonly session_code: string;
  readonly share_url: string;
  readonly sender_url: string;
  readonly receiver_url: string;
  readonly sender_key: string;
  readonly recommended: string;
  readonly cli: { readonly send: string; readonly receive: string };
  readonly next_steps: string[];
}

/** The founding document's body, to the letter. */
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
  const { id, result } = (await answer.json()) as { id: string; result: { parts: { data: Made }[] } };
  expect(id).toBe('1');
  return result.parts[0]!.data;
}

test('a file sent at the sender_url of a session made over A2A arrives', async ({ processes: [from, to], request, url, directory }) => {
  const made = await sendFiles(request, url);
  expect(made.share_url).toBe(`${url}/${made.session_code}`);
  const file = await makeFile(path.join(directory, 'outbox'), 'report.bin', 5 * MB);
  const page = await from.newPage();
  await skipConfirmations(page);
  await page.goto(made.sender_url);
  const sender = await Sender.start(page);
  expect(sender.code).toBe(made.session_code);
  expect(page.url(), 'the key has left the address').toBe(made.share_url);
  await sender.add(file.path);
  const receiver = await Receiver.open(to, made.receiver_url);
  await sender.offer();
  await receiver.accept();
  expect(await receiver.saved()).toEqual(new Map([['report.bin', file.sha256]]));
  const status = { jsonrpc: '2.0', id: 2, method: 'message/send', params: { message: { parts: [{ data: { skill: 'session-status', session_code: made.session_code } }] } } };
  await expect
    .poll(async () => {
      const answer = (await (await request.post(`${url}/a2a`, { data: status })).json()) as { result: { parts: { data: { status: string } }[] } };
      return answer.result.parts[0]!.data.status;
    })
    .toBe('complete');
});

test('the official client of A2A 1.0 makes a session', async ({ url }) => {
  const client = await new ClientFactory().createFromUrl(url);
  expect(client.protocolVersion).toBe('1.0');
  const ask = async (data: object): Promise<Made> => {
    const none = { contextId: '', taskId: '', metadata: undefined, extensions: [], referenceTaskIds: [] };
    const part = { content: { $case: 'data' as const, value: data }, metadata: undefined, filename: '', mediaType: 'application/json' };
    const message = { ...none, messageId: randomUUID(), role: Role.ROLE_USER, parts: [part] };
    const answer: SendMessageResult = await client.sendMessage({ tenant: '', message, configuration: undefined, metadata: undefined });
    if (!('parts' in answer)) throw new Error('the answer is no message');
    expect(answer.role).toBe(Role.ROLE_AGENT);
    const content = answer.parts[0]!.content!;
    if (content.$case !== 'data') throw new Error(`the first part is ${content.$case}`);
    return content.value as Made;
  };
  const made = await ask({ skill: 'send-files', ttl_s: 600, clientCapabilities: { shellAccess: true, nodeJs: true } });
  expect(made.recommended).toBe('cli');
  expect(made.next_steps[0]).toContain(made.cli.send);
  expect(await ask({ skill: 'session-status', session_code: made.session_code })).toMatchObject({ status: 'waiting', participants: 0 });
  await expect(ask({ skill: 'receive-files', session_code: 'K7MX4QPR9W2N' })).rejects.toThrow('There is no session with this code.');
  await expect(client.getTask({ tenant: '', id: 'none' })).rejects.toThrow('There is no such task');
  expect((await client.listTasks({ tenant: '', contextId: '', status: 0, pageToken: '', statusTimestampAfter: undefined })).tasks).toEqual([]);
});

test('the official client of A2A 0.3 makes a session, from either address of the card', async ({ url }) => {
  for (const card of ['/.well-known/agent-card.json', '/.well-known/agent.json']) {
    const client = await new FormerClientFactory().createFromUrl(url, card);
    const ask = async (data: Record<string, unknown>): Promise<Made> => {
      const answer = await client.sendMessage({
        message: { kind: 'message', messageId: randomUUID(), role: 'user', parts: [{ kind: 'data', data }] },
      });
      expect(answer.kind).toBe('message');
      const [part] = (answer as FormerMessage).parts;
      if (part?.kind !== 'data') throw new Error('the first part is not data');
      return part.data as unknown as Made;
    };
    const made = await ask({ skill: 'send-files', clientCapabilities: { browser: true } });
    expect(made.recommended).toBe('browser');
    expect(made.next_steps[0]).toContain(`${made.share_url}?agent=true#key=${made.sender_key}`);
    expect(await ask({ skill: 'receive-files', session_code: made.session_code })).toMatchObject({ share_url: made.share_url });
    await expect(ask({ skill: 'session-status', session_code: 'nothing' })).rejects.toThrow('That is not a Perkoon code.');
    await expect(client.getTask({ id: 'none' })).rejects.toThrow();
  }
});
