// Runs the program, which lies in the package of this platform, with these arguments, as if it had been started itself.

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

export function run(...given) {
  let child;
  // Before it starts: it may be up, and whoever started us send a signal, while we are still in the middle of this.
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) {
    // A terminal sends Ctrl-C to both of us.
    process.on(signal, () => signal === 'SIGINT' && isAtTerminal() || child.kill(signal));
  }
  child = spawn(program(), given, { stdio: 'inherit' });
  child.on('error', (error) => fail(`The program cannot be started (${error.message}). Install perkoon again.`));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function program() {
  const platform = `${process.platform}-${process.arch}`;
  try {
    return createRequire(import.meta.url).resolve(`@perkoon/cli-${platform}/bin/perkoon${process.platform === 'win32' ? '.exe' : ''}`);
  } catch {
    return fail(
      `@perkoon/cli-${platform}, the package with the program for this machine, is not installed. If there is one, install perkoon again ` +
        'without --omit=optional; it needs glibc on Linux. On other machines build it from source.',
    );
  }
}

function isAtTerminal() {
  return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
}

function fail(message) {
  console.error(`perkoon: ${message}`);
  process.exit(1);
}
