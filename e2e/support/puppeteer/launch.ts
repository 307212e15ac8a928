import puppeteer, { type Browser } from 'puppeteer-core';
import { launchOptions } from '../browser';

export const BROWSERS = ['chromium', 'firefox'] as const;
export type BrowserName = (typeof BROWSERS)[number];

/** Settings of Firefox. */
export type Preferences = Record<string, boolean>;

/** What the suite's network makes necessary, and nothing that a person would have to set. */
const FIREFOX_PREFERENCES: Preferences = {
  // Addresses that need no multicast DNS.
  'media.peerconnection.ice.obfuscate_host_addresses': false,
};

/** How long one question to a browser may take, in milliseconds; a wait for the end of a transfer is one. Tests have limits of their own. */
const PROTOCOL_TIMEOUT = 15 * 60_000;

const COMMON = { defaultViewport: null, protocolTimeout: PROTOCOL_TIMEOUT };

/** Starts a browser as Puppeteer users do: Chromium over the DevTools protocol, Firefox over WebDriver BiDi. */
export function launch(name: BrowserName, preferences: Preferences = {}): Promise<Browser> {
  if (name === 'chromium') {
    const { executablePath, args } = launchOptions;
    // Puppeteer takes `--disable-features` out of the list it is given, to join it with its own.
    return puppeteer.launch({ browser: 'chrome', executablePath, args: [...args!], ...COMMON });
  }
  const executablePath = process.env.PERKOON_FIREFOX ?? '/usr/bin/firefox-esr';
  const extraPrefsFirefox = { ...FIREFOX_PREFERENCES, ...preferences };
  // Firefox would keep every byte that pages load, downloads too, for scripts that ask for bodies.
  return puppeteer.launch({ browser: 'firefox', executablePath, extraPrefsFirefox, networkEnabled: false, ...COMMON });
}

/** What automation switches off of what browsers do to tabs that nobody sees. */
const UNTHROTTLED = ['--disable-background-timer-throttling', '--disable-backgrounding-occluded-windows', '--disable-renderer-backgrounding'];

/** Starts Chromium with windows on that display, and has it treat hidden tabs as it does for people. */
export function launchThrottling(display: string): Promise<Browser> {
  const { executablePath, args } = launchOptions;
  const env = { ...process.env, DISPLAY: display };
  return puppeteer.launch({ browser: 'chrome', executablePath, args: [...args!], env, headless: false, ignoreDefaultArgs: UNTHROTTLED, ...COMMON });
}
