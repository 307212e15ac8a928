// Four words that two people compare where there is no password.

import { makeFile, sha256OfDownload } from '../support/files';
import { expect, test } from '../support/fixtures';
import { perkoon, waitForBytes, waitForParticipants } from '../support/hooks';
import { Receiver } from '../support/receiver';
import { breakConnection, traffic, watchTraffic } from '../support/traffic';

async function words({ page }: { page: Receiver['page'] }): Promise<string[]> {
  await page.waitForFunction(() => window.__perkoon.session?.verification?.length === 4);
  const verification = [...(await perkoon(page)).session!.verification!];
  for (const word of verification) await expect(page.getByRole('listitem').getByText(word, { exact: true }).first()).toBeVisible();
  return verification;
}

for (const mode of ['people', 'agent'] as const) {
  test(`both pages show the same words, ${mode}`, async ({ openPair }) => {
    const { sender, receiver } = await openPair(mode);
    const compared = await words(sender);
    expect(await words(receiver)).toEqual(compared);
    for (const word of compared) expect(word).toMatch(/^[a-z]+$/);
    for (const { page } of [sender, receiver]) {
      expect((await perkoon(page)).session!.passwordProtected).toBe(false);
      await expect(page.getByText('Compare these words with the other side')).toBeVisible();
    }
  });
}

test('another receiver shares other words', async ({ openPair, browser }) => {
  const { sender, receiver } = await openPair('agent');
  const first = await words(sender);
  await receiver.page.close();
  await waitForParticipants(sender.page, 1);
  await expect.poll(async () => (await perkoon(sender.page)).session!.verification).toBeNull();
  const context = await browser.newContext();
  const second = await Receiver.open(context, sender.shareUrl);
  const compared = await words(second);
  expect(compared).not.toEqual(first);
  expect(await words(sender)).toEqual(compared);
  await context.close();
});

test('the words stay the same when the connection is replaced', async ({ contexts, openPair, medium }) => {
  for (const context of contexts) await context.addInitScript(watchTraffic);
  const { sender, receiver } = await openPair('agent');
  const compared = await words(sender);
  await sender.add(medium.path);
  await sender.offer();
  await receiver.accept();
  await waitForBytes(receiver.page, medium.size * 0.3);
  await breakConnection(sender.page);
  const [download] = await receiver.complete();
  expect(await sha256OfDownload(download!)).toBe(medium.sha256);
  expect((await traffic(sender.page)).connections).toBe(2);
  for (const side of [sender, receiver]) expect(await words(side)).toEqual(compared);
});

test('the words are there even when what shows them loads late', async ({ contexts, openPair, directory }) => {
  let refused = 0;
  await contexts[0].route(/page_tools/, (route) => ((refused += 1) <= 2 ? route.abort() : route.continue()));
  const { sender, receiver } = await openPair('agent');
  await sender.add((await makeFile(directory, 'file.bin', 1000)).path);
  expect(await words(sender)).toEqual(await words(receiver));
  expect(refused).toBeGreaterThan(2);
});
