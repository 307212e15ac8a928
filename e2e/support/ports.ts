import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';

/** A port that nobody listens at. */
export async function freePort(address: string): Promise<number> {
  const server = net.createServer().listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves once the program, which has just been started, listens; `prefix` is how a program is started in its network. */
export async function listening(process: ChildProcess, port: number, address: string, prefix: string[] = []): Promise<void> {
  for (;;) {
    if (process.exitCode !== null) throw new Error(`${process.spawnfile} ended with ${process.exitCode} before it listened`);
    if (await (prefix.length > 0 ? connectsIn(prefix, port, address) : connects(port, address))) return;
  }
}

async function connects(port: number, address: string): Promise<boolean> {
  const socket = net.connect(port, address);
  const connected = await once(socket, 'connect').then(() => true, () => false);
  socket.destroy();
  return connected;
}

async function connectsIn(prefix: string[], port: number, address: string): Promise<boolean> {
  const [program, ...options] = [...prefix, 'bash', '-c', `exec 3<>/dev/tcp/${address}/${port}`];
  const [code] = (await once(spawn(program!, options, { stdio: 'ignore' }), 'exit')) as [number | null];
  return code === 0;
}

/** Asks a program to end and waits until it has. */
export async function end(process: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const ended = once(process, 'exit');
  process.kill(signal);
  await ended;
}
