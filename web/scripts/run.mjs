import { readArguments } from './arguments.mjs';
import { launch } from './browser.mjs';
import { Failure } from './failure.mjs';
import { Output } from './output.mjs';
import { Session } from './session.mjs';

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
/** How long the end may take: a browser that hangs is left to itself. */
const END_MS = 5_000;

/** Runs a script from its command line to its exit code. `work` is handed the arguments, the output and a {@link Stage}. */
export async function run({ usage, options, words, work }) {
  const argv = process.argv.slice(2);
  const output = new Output({ json: argv.includes('--json'), quiet: argv.includes('--quiet'), words });
  const stage = new Stage();
  let working;
  let failure = null;
  try {
    const given = readArguments(argv, options);
    working = given.help ? process.stdout.write(usage) : work(given, output, stage);
    await Promise.race([working, interruption()]);
  } catch (error) {
    failure = Failure.from(error);
  }
  await atMost(END_MS, end(stage, working, failure));
  if (failure) output.fail(failure);
  // Once everything said is written.
  process.stdout.write('', () => process.exit(failure?.exitCode ?? 0));
}

/** Fails on Ctrl-C and its like; the second time they end the program at once. */
function interruption() {
  return new Promise((_, reject) => {
    let interrupted = false;
    for (const [signal, exitCode] of Object.entries(SIGNALS)) {
      process.on(signal, () => {
        if (interrupted) process.exit(exitCode);
        interrupted = true;
        reject(new Failure('CANCELLED', 'The script was stopped.', exitCode));
      });
    }
  });
}

/** Ends the browser, which brings work that was interrupted to its end, too. */
async function end(stage, working, failure) {
  await stage.end(failure !== null).catch(() => {});
  await Promise.resolve(working).catch(() => {});
}

async function atMost(milliseconds, promise) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, milliseconds)));
  await Promise.race([promise, late]);
  clearTimeout(timer);
}

/** The browser, and the one page in it. */
class Stage {
  #launching;
  #session;

  /** Starts the browser; downloads go to `downloadsPath`, and `onDownload` hears of each. */
  async session({ downloadsPath, onDownload = () => {} } = {}) {
    this.#launching = launch(downloadsPath);
    const browser = await this.#launching;
    const page = await browser.newPage();
    page.on('download', onDownload);
    this.#session = new Session(page);
    return this.#session;
  }

  /** Ends the browser and, after a failure, what is still offered or running. */
  async end(failed) {
    const browser = await this.#launching;
    if (failed) await this.#session?.giveUp().catch(() => {});
    await browser?.close();
  }
}
