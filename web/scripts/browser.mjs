import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Failure, firstLine } from './failure.mjs';

/** Starts a headless Chromium that saves downloads in `downloadsPath`. */
export async function launch(downloadsPath) {
  const chromium = findPlaywright();
  const executablePath = process.env.PERKOON_CHROMIUM || process.env.PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH || undefined;
  // Signals are this script's to deal with: the other side is to be told first.
  const options = { executablePath, downloadsPath, handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
  // Chromium has no sandbox for root, and in some containers none at all.
  const sandboxes = process.getuid?.() === 0 ? [false] : [true, false];
  let reason;
  for (const chromiumSandbox of sandboxes) {
    try {
      return await chromium.launch({ ...options, chromiumSandbox });
    } catch (error) {
      reason ??= error;
    }
  }
  const advice = 'Run "npx playwright install chromium", or set PERKOON_CHROMIUM to a Chromium or Chrome that is installed.';
  throw new Failure('BROWSER_UNSUPPORTED', `The browser does not start (${cause(reason)}). ${advice}`);
}

/** Playwright as installed where the script is run, or where it lies. */
function findPlaywright() {
  const places = [pathToFileURL(path.join(process.cwd(), 'here')), import.meta.url];
  for (const name of ['playwright', 'playwright-core']) {
    for (const place of places) {
      try {
        return createRequire(place)(name).chromium;
      } catch (error) {
        if (error.code !== 'MODULE_NOT_FOUND') throw error;
      }
    }
  }
  const commands = 'npm install playwright && npx playwright install chromium';
  throw new Failure('BROWSER_UNSUPPORTED', `Playwright is not installed here. Run "${commands}" first.`);
}

function cause(error) {
  const complaint = /\[err\] (.*)/.exec(error.message)?.[1];
  return (complaint ?? firstLine(error)).replace(/^browserType\.launch: /, '').replace(/\.$/, '');
}
