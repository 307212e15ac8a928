import type { LaunchOptions } from '@playwright/test';

/** How every browser of the suite is started: the system's Chromium, quiet, with WebRTC addresses that need no multicast DNS. */
export const launchOptions: LaunchOptions = {
  executablePath: process.env.PERKOON_CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-features=WebRtcHideLocalIpsWithMdns',
  ],
};

/** Whether the long soaks are wanted: `cargo xtask test --full`. */
export const full = Boolean(process.env.PERKOON_FULL);
