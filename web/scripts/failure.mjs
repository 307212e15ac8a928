import EXIT_CODES from './exit_codes.json' with { type: 'json' };

/** Why a script does not succeed: one of Perkoon's error codes, a sentence, and the exit code that goes with them. */
export class Failure extends Error {
  constructor(code, message, exitCode = EXIT_CODES[code] ?? EXIT_CODES.INTERNAL) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
  }

  /** Whatever was thrown, as a failure. */
  static from(error) {
    if (error instanceof Failure) return error;
    return new Failure('INTERNAL', `Something went wrong: ${firstLine(error)}`);
  }
}

/** What is wrong, without Playwright's log and stack. */
export function firstLine(error) {
  return String(error?.message ?? error).split('\n')[0];
}

/** Whether Playwright gave up waiting. */
export function isTimeout(error) {
  return error?.name === 'TimeoutError';
}
