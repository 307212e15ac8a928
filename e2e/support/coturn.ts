import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { end, freePort, listening } from './ports';

const run = promisify(execFile);

/** What a TURN server asks for. */
export interface TurnCredentials {
  readonly username: string;
  readonly credential: string;
}

export type Transport = 'udp' | 'tcp' | 'tls';

/** Where one runs. */
export interface Place {
  readonly address: string;
  /** How a program is started there. */
  readonly prefix: string[];
}

/** A TURN server of a test's own: Debian's coturn, which checks credentials as operators have it do. */
export class Coturn {
  private constructor(
    /** What whoever makes credentials for it has to have. */
    readonly secret: string,
    private readonly directory: string,
    private readonly address: string,
    private readonly port: number,
    private readonly tlsPort: number,
    private readonly process: ChildProcess,
  ) {}

  /** Starts one with a secret of its own, and with everything it writes in `directory`. */
  static async start(directory: string, { address, prefix }: Place = HERE): Promise<Coturn> {
    await mkdir(directory, { recursive: true });
    const secret = newSecret();
    const file = (name: string) => path.join(directory, name);
    await makeCertificate(file('key.pem'), file('certificate.pem'), address);
    // In a network that was made for it everything is free.
    const [port, tlsPort] = prefix.length > 0 ? [3478, 5349] : [await freePort(address), await freePort(address)];
    const settings = [
      `listening-ip=${address}`,
      `relay-ip=${address}`,
      `listening-port=${port}`,
      `tls-listening-port=${tlsPort}`,
      `cert=${file('certificate.pem')}`,
      `pkey=${file('key.pem')}`,
      'realm=perkoon.test',
      'use-auth-secret',
      `static-auth-secret=${secret}`,
      'no-cli',
      'verbose',
      'simple-log',
      'no-stdout-log',
      `log-file=${file('coturn.log')}`,
      `pidfile=${file('coturn.pid')}`,
      `userdb=${file('coturn.db')}`,
      // Where the test has no address but the loopback's, that is the peers' too.
      ...(address === LOOPBACK ? ['allow-loopback-peers'] : []),
    ];
    await writeFile(file('coturn.conf'), settings.join('\n'), { mode: 0o600 });
    const [program, ...options] = [...prefix, 'turnserver', '-c', file('coturn.conf')];
    const process = spawn(program!, options, { stdio: 'ignore' });
    const coturn = new Coturn(secret, directory, address, port, tlsPort, process);
    await listening(process, port, address, prefix);
    return coturn;
  }

  /** The file with its certificate, for whoever is to trust it. */
  get certificate(): string {
    return path.join(this.directory, 'certificate.pem');
  }

  /** Its address for `perkoon serve --turn`. */
  url(transport: Transport): string {
    return transport === 'tls' ? `turns:${this.address}:${this.tlsPort}?transport=tcp` : `turn:${this.address}:${this.port}?transport=${transport}`;
  }

  /** Whether it lets someone with these credentials in, asked by coturn's own client. */
  async admits({ username, credential }: TurnCredentials): Promise<boolean> {
    const oneMessageToOneself = ['-p', String(this.port), '-n', '1', '-m', '1', '-y', '-u', username, '-w', credential, this.address];
    return run('turnutils_uclient', oneMessageToOneself).then(
      () => true,
      (error: { stdout: string }) => {
        if (error.stdout.includes('Cannot complete Allocation')) return false;
        throw error;
      },
    );
  }

  /** Ends it; then its log is complete. */
  async stop(): Promise<void> {
    await end(this.process);
  }

  /** Bytes it has taken from its clients and given to them, in sessions that are over. */
  async relayedBytes(): Promise<number> {
    const reports = (await this.log()).matchAll(/: usage: .*rb=(\d+), sp=\d+, sb=(\d+)/g);
    return [...reports].reduce((sum, [, received, sent]) => sum + Number(received) + Number(sent), 0);
  }

  log(): Promise<string> {
    return readFile(path.join(this.directory, 'coturn.log'), 'utf8');
  }
}

/** A secret as operators make them. */
export function newSecret(): string {
  return randomBytes(32).toString('hex');
}

const LOOPBACK = '127.0.0.1';

/** The suite's private network with its one address, or the machine's own. */
const HERE: Place = {
  address: Object.values(networkInterfaces()).flat().find((found) => found?.family === 'IPv4' && !found.internal)?.address ?? LOOPBACK,
  prefix: [],
};

/** Makes one that can be trusted by itself: it is no authority's. */
async function makeCertificate(key: string, certificate: string, address: string): Promise<void> {
  const selfSigned = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=perkoon.test'];
  await run('openssl', [...selfSigned, '-addext', 'basicConstraints=critical,CA:FALSE', '-addext', `subjectAltName=IP:${address}`, '-keyout', key, '-out', certificate]);
}
