// The server is needed to meet, not to transfer.

import { expectError } from '../../support/errors';
import { makeFile, sha256OfDownload } from '../../support/files';
import { expect, openPair, test } from '../../support/fixtures';
import { perkoon, waitForBytes, waitForStatus } from '../../support/hooks';

test('the server is gone before a session starts', async ({ page, startServer }) => {
  const server = await startServer();
  await page.goto(`${server.url}/create`);
  await page.getByTestId('tos-accept').check();
  await server.kill();
  await page.getByTestId('create-start').click();
  await expectError(page, 'SIGNALING_LOST');
});

for (const end of ['kill', 'stop'] as const) {
  test(`the server goes during a transfer (${end}), which finishes`, async ({ contexts, startServer, large }) => {
    test.setTimeout(240_000);
    const server = await startServer();
    const { sender, receiver } = await openPair(contexts, server.url, 'agent');
    await sender.add(large.path);
    await sender.offer();
    await receiver.accept();
    await waitForBytes(receiver.page, 1);
    await server[end]();
    expect((await perkoon(receiver.page)).transfer.bytesTransferred).toBeLessThan(large.size);
    const [download] = await receiver.complete(200_000);
    expect(await sha256OfDownload(download!)).toBe(large.sha256);
    await waitForStatus(sender.page, ['complete']);
  });
}

test('the server goes after a transfer, which stays complete', async ({ contexts, startServer, directory }) => {
  const server = await startServer();
  const sockets: Promise<unknown>[] = [];
  for (const context of contexts) {
    context.on('page', (page) => page.on('websocket', (socket) => sockets.push(socket.waitForEvent('close', { timeout: 0 }))));
  }
  const { sender, receiver } = await openPair(contexts, server.url, 'agent');
  const file = await makeFile(directory, 'file.bin', 100_000);
  await sender.add(file.path);
  await sender.offer();
  await receiver.accept();
  const [download] = await receiver.complete();
  await waitForStatus(sender.page, ['complete']);
  await server.kill();
  await Promise.all(sockets);
  for (const { page } of [sender, receiver]) {
    expect((await perkoon(page)).transfer).toMatchObject({ status: 'complete', error: null });
  }
  expect(await sha256OfDownload(download!)).toBe(file.sha256);
});
