// Devices that cannot connect: the page says which stage failed and what to try.

import type { BrowserContext, Page } from '@playwright/test';
import { expectError } from '../support/errors';
import { expect, test } from '../support/fixtures';
import { waitForParticipants } from '../support/hooks';
import { Receiver } from '../support/receiver';
import { Sender } from '../support/sender';

declare global {
  interface Window {
    /** Candidates of the other side that were kept from the browser. */
    lostCandidates: number;
  }
}

/** More than two devices may take. */
const TOO_LONG_MS = 31_000;

/** Opens both pages, the sender's with a clock that can be put forward. */
async function openBoth([from, to]: [BrowserContext, BrowserContext], url: string): Promise<Page> {
  await from.clock.install();
  const sender = await Sender.open(from, url);
  await Receiver.open(to, sender.shareUrl);
  await waitForParticipants(sender.page, 2);
  return sender.page;
}

async function expectWords(page: Page, words: string): Promise<void> {
  await expectError(page, 'CONNECTION_FAILED');
  await expect(page.getByTestId('error-message')).toContainText(words);
  expect(await page.evaluate(() => window.__perkoon.transfer.error!.message)).toContain(words);
}

test('this browser finds no address, and need not wait to say so', async ({ contexts, url }) => {
  await contexts[0].addInitScript(() => {
    const Unpatched = RTCPeerConnection;
    window.RTCPeerConnection = class extends Unpatched {
      constructor(configuration?: RTCConfiguration) {
        super({ ...configuration, iceTransportPolicy: 'relay' });
      }
    };
  });
  await expectWords(await openBoth(contexts, url), 'This browser found no address to connect from');
});

test('the other side does not answer', async ({ contexts, url }) => {
  await contexts[1].addInitScript(() => {
    RTCPeerConnection.prototype.setRemoteDescription = () => new Promise(() => {});
  });
  const page = await openBoth(contexts, url);
  await page.clock.fastForward(TOO_LONG_MS);
  await expectWords(page, 'The other device did not answer in time');
});

test('there is no path between the two networks', async ({ contexts, url }) => {
  for (const context of contexts) {
    await context.addInitScript(() => {
      window.lostCandidates = 0;
      RTCPeerConnection.prototype.addIceCandidate = async () => {
        window.lostCandidates += 1;
      };
    });
  }
  const page = await openBoth(contexts, url);
  // Candidates are for the browser once it has the answer.
  await page.waitForFunction(() => window.lostCandidates > 0);
  await page.clock.fastForward(TOO_LONG_MS);
  await expectWords(page, 'No path was found between the two networks');
});

test('the secure channel does not open', async ({ contexts, url }) => {
  await contexts[0].addInitScript(() => {
    const unpatched = RTCPeerConnection.prototype.setRemoteDescription;
    RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }: RTCSessionDescriptionInit) {
      const other = (digits: string) => [...digits].reverse().join('');
      const changed = sdp!.replace(/(?<=a=fingerprint:sha-256 ).*/, other);
      return Reflect.apply(unpatched, this, [{ type, sdp: changed }]) as Promise<void>;
    };
  });
  await expectWords(await openBoth(contexts, url), 'no secure channel opened between them');
});
