// Browsers for the measurements: the same flags as the end-to-end suite, headless, from an installed Chromium.

import { chromium } from "playwright-core";

export const executablePath = process.env.PERKOON_CHROMIUM ?? "/usr/bin/chromium";

const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-features=WebRtcHideLocalIpsWithMdns",
];

/** Starts a browser whose contexts live in memory, as Playwright's default. */
export function launch(options = {}) {
  return chromium.launch({ executablePath, args, ...options });
}

/** Starts a browser with a profile on disk and gives its only context. */
export function launchPersistent(profile, options = {}) {
  return chromium.launchPersistentContext(profile, { executablePath, args, ...options });
}

/**
 * Runs `work` with a sender's and a receiver's context, in one browser process or two. The receiver's has a profile on disk, as
 * people's browsers have, where `options.profile` names a directory for it; its other options go to the receiver's browser.
 */
export async function withPair(processes, { profile, ...options }, work) {
  const persistent = profile && (await launchPersistent(profile, { acceptDownloads: true, ...options }));
  const receiving = persistent ? persistent.browser() : await launch(options);
  const sending = processes === 2 ? await launch() : receiving;
  try {
    const sender = await sending.newContext();
    const receiver = persistent ?? (await receiving.newContext({ acceptDownloads: true }));
    return await work({ sender, receiver, sending, receiving });
  } finally {
    await receiving.close();
    if (sending !== receiving) await sending.close();
  }
}
