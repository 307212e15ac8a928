// Several servers that share a Redis, behind one address: two who are at different servers meet, and a server that dies is replaced.

import path from 'node:path';
import { Cluster } from '../support/cluster';
import { MB, makeFile } from '../support/files';
import { expect, openPair, test as base } from '../support/fixtures';
import { waitForParticipants, waitForStatus } from '../support/hooks';
import { Receiver } from '../support/receiver';
import { Sender } from '../support/sender';

const test = base.extend<{ cluster: Cluster }>({
  cluster: async ({ directory }, use) => {
    const cluster = await Cluster.start(path.join(directory, 'cluster'));
    await use(cluster);
    await cluster.stop();
  },
});

async function expectDelivered(sender: Sender, receiver: Receiver, directory: string): Promise<void> {
  const file = await makeFile(directory, 'parcel.bin', 5 * MB);
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  expect(await receiver.saved()).toEqual(new Map([[file.name, file.sha256]]));
  await waitForStatus(sender.page, ['complete']);
}

/** How many are in the session, as each of these servers has it. */
async function participants(servers: string[], { code }: Sender): Promise<number[]> {
  const ask = async (server: string) => ((await (await fetch(`${server}/api/v1/sessions/${code}/status`)).json()) as { participants: number }).participants;
  return Promise.all(servers.map(ask));
}

test('two who are at different servers', async ({ contexts, cluster, directory }) => {
  const { sender, receiver } = await openPair(contexts, cluster.url, 'agent');
  await waitForParticipants(receiver.page, 2);
  expect(new Set(cluster.signalling).size).toBe(2);
  expect(await participants(cluster.servers, sender)).toEqual([2, 2, 2]);
  await expectDelivered(sender, receiver, directory);
});

test('a server that dies while its sender waits is replaced', async ({ contexts: [from, to], cluster, directory }) => {
  const sender = await Sender.open(from, cluster.url, { agent: true });
  await waitForParticipants(sender.page, 1);
  await cluster.kill(cluster.signalling[0]!);
  await expect.poll(() => cluster.signalling.length, { message: 'the page has come back by itself' }).toBeGreaterThan(1);
  const receiver = await Receiver.open(to, sender.shareUrl);
  await expectDelivered(sender, receiver, directory);
});

for (const [who, signal] of [['receiver', 'offer'], ['sender', 'answer']] as const) {
  test(`the ${who}'s server dies with the ${signal} in its hands, and the two connect all the same`, async ({ contexts, cluster, directory }) => {
    cluster.killWhen((said) => said.includes(`"kind":"${signal}"`));
    const { sender, receiver } = await openPair(contexts, cluster.url, 'agent');
    await expectDelivered(sender, receiver, directory);
    expect(cluster.isArmed, 'a server died').toBe(false);
    expect(cluster.signalling.length, 'its page has come back').toBeGreaterThan(2);
  });
}

test('a server that dies while bytes move is not missed, and its page is seen again', async ({ contexts, cluster, large }) => {
  const { sender, receiver } = await openPair(contexts, cluster.url, 'agent');
  await sender.add(large.path);
  await sender.offer();
  await receiver.accept();
  await waitForStatus(receiver.page, ['transferring']);
  const victim = cluster.signalling[1]!;
  await cluster.kill(victim);
  const survivors = cluster.servers.filter((_, number) => number !== victim);
  await expect.poll(() => participants(survivors, sender)).toEqual([2, 2]);
  expect(await receiver.saved()).toEqual(new Map([[large.name, large.sha256]]));
});
