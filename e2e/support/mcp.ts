import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Client, type ProgressNotification } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { expect, test as base } from './fixtures';
import { binary, cleanEnvironment } from './command';

/** A file as the tools list it. */
export interface ListedFile {
  readonly path: string;
  readonly size: number;
  readonly blake3: string;
  readonly saved_to?: string;
}

/** What is told of a call before its end. */
export type Progress = Pick<ProgressNotification['params'], 'progress' | 'message'>;

/** With a handshake, as all revisions of the protocol before 2026-07-28 have it, and without. */
export const eras = { '2025-11-25': 'legacy', '2026-07-28': { pin: '2026-07-28' } } as const;
export type Era = keyof typeof eras;

interface CallOptions {
  /** What is told before the end. */
  readonly told?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** An MCP host: the official client, and a `perkoon mcp` that it has started. */
export class Host {
  private constructor(readonly client: Client) {}

  /** Starts the program in this folder, which is the home as well; `program` is another way to start it. */
  static async start(directory: string, url: string, era: Era = '2025-11-25', [program, ...options]: string[] = [binary, 'mcp']): Promise<Host> {
    await mkdir(directory, { recursive: true });
    const client = new Client({ name: 'perkoon-e2e', version: '1' }, { versionNegotiation: { mode: eras[era] } });
    const env = { ...(cleanEnvironment() as Record<string, string>), HOME: directory, PERKOON_URL: url };
    await client.connect(new StdioClientTransport({ command: program!, args: options, cwd: directory, env }));
    return new Host(client);
  }

  /** Calls a tool that is going to do what it is asked; answers with what it has done. */
  async call<T>(name: string, given: Record<string, unknown>, options: CallOptions = {}): Promise<T> {
    const result = await this.client.callTool({ name, arguments: given }, { onprogress: options.told, signal: options.signal, timeout: 60_000 });
    expect(result.isError, JSON.stringify(result.content)).toBeFalsy();
    return result.structuredContent as T;
  }

  /** Calls a tool that is going to refuse; answers with its words. */
  async refused(name: string, given: Record<string, unknown>): Promise<string> {
    const result = await this.client.callTool({ name, arguments: given });
    expect(result.isError, JSON.stringify(result)).toBe(true);
    return JSON.stringify(result.content);
  }
}

interface McpFixtures {
  /** Starts a host in a folder `host` of the test's directory. */
  startHost: (era?: Era) => Promise<Host>;
}

export const test = base.extend<McpFixtures>({
  startHost: async ({ url, directory }, use) => {
    const hosts: Host[] = [];
    await use(async (era) => {
      const host = await Host.start(path.join(directory, 'host'), url, era);
      hosts.push(host);
      return host;
    });
    await Promise.all(hosts.map((host) => host.client.close()));
  },
});

export { expect } from './fixtures';
