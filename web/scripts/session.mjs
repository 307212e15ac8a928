import { Failure, firstLine, isTimeout } from './failure.mjs';

const START_MS = 30_000;
/** Enough for a page to answer what is known already. */
const LOOK_MS = 5_000;
const FAREWELL_MS = 1_000;
/** By time: a page that is not shown does not repaint. */
const POLLING_MS = 100;

/** A page of Perkoon's, followed through `window.__perkoon`. */
export class Session {
  #known = '';
  #page;
  /** The page's state when it was looked at last. */
  now = null;

  constructor(page) {
    this.#page = page;
  }

  async open(url) {
    const { origin } = new URL(url);
    await this.#page.goto(url, { timeout: START_MS }).catch((error) => {
      const reason = /net::\w+/.exec(error.message)?.[0] ?? firstLine(error);
      throw new Failure('SIGNALING_LOST', `${origin} cannot be reached (${reason}). Check the address and the connection.`);
    });
    // Perkoon's pages have it before they are loaded.
    if (!(await this.#changes(LOOK_MS))) throw new Failure('SIGNALING_LOST', `${origin} is not a Perkoon server.`);
  }

  /** Sees the page's state after what was done in it. */
  async look() {
    this.#known = '';
    await this.#changes(LOOK_MS);
  }

  hook(name) {
    return this.#page.getByTestId(name);
  }

  /**
   * Waits until the page's state is as wanted; `each` is handed what comes before. A failure ends the wait, unless its code is the one
   * the page is going to `outlast`; so does the time when there is a `limit` in seconds and `late`, the sentence to say then.
   */
  async until(reached, { limit, late, outlast, each } = {}) {
    const end = performance.now() + limit * 1000;
    for (;;) {
      const failure = this.now && !reached(this.now) ? failureOf(this.now) : null;
      if (this.now && reached(this.now)) return this.now;
      if (failure && failure.code !== outlast) throw failure;
      const left = limit ? Math.max(end - performance.now(), 1) : 0;
      if (!(await this.#changes(left))) throw failure ?? new Failure('TIMEOUT', late);
      each?.(this.now);
    }
  }

  /** Presses a button once it can be pressed, unless the session comes to its end; `limit` and `late` as above. */
  async press(name, { limit = START_MS / 1000, late } = {}) {
    try {
      await this.hook(name).click({ timeout: limit * 1000 });
    } catch (error) {
      if (!isTimeout(error)) throw error;
      await this.#changes(LOOK_MS);
      throw failureOf(this.now) ?? (late ? new Failure('TIMEOUT', late) : new Failure('INTERNAL', `The page has no ${name} to press.`));
    }
  }

  /** Has the page begin anew with what is queued in it, after a failure that it shows. */
  async tryAgain() {
    await this.#page.getByRole('button', { name: 'Try again' }).click({ timeout: START_MS });
    await this.look();
  }

  /** Types into a field. */
  async fill(name, text) {
    await this.hook(name).fill(text, { timeout: START_MS });
  }

  /** What the page says of the files. */
  files() {
    return this.#page.evaluate(() =>
      window.__perkoon.files.map(({ name, savedAs, size, blake3 }) => ({ name, savedAs, size, blake3 })),
    );
  }

  /** Ends what is offered or running, so that the other side learns of it. */
  async giveUp() {
    const button = this.hook('transfer-cancel').or(this.hook('transfer-reject'));
    if (!(await button.isVisible())) return;
    await button.click();
    await this.farewell();
  }

  /** Keeps the page for the moment that its last word needs to arrive; the other side may leave once it has it. */
  async farewell() {
    const alone = () => window.__perkoon.participants.every((participant) => participant.self);
    await this.#page.waitForFunction(alone, null, { polling: POLLING_MS, timeout: FAREWELL_MS }).catch((error) => {
      if (!isTimeout(error)) throw error;
    });
  }

  /** Waits for the next state; whether it came in time. */
  async #changes(timeout) {
    try {
      const state = await this.#page.waitForFunction(stateUnless, this.#known, { polling: POLLING_MS, timeout });
      this.#known = await state.jsonValue();
      this.now = JSON.parse(this.#known);
      return true;
    } catch (error) {
      if (isTimeout(error)) return false;
      throw error;
    }
  }
}

/** Runs in the page: its state, as soon as it differs from the known one. */
function stateUnless(known) {
  const { session, participants, transfer } = window.__perkoon ?? {};
  const asksPassword = document.querySelector('[data-testid="password-submit"]:enabled') !== null;
  const state = transfer && JSON.stringify({ session, participants, transfer, asksPassword });
  return state !== known && state;
}

/** Why the session has come to its end, if it has. */
function failureOf({ transfer }) {
  switch (transfer.status) {
    case 'rejected':
      return new Failure('PEER_REJECTED', 'The receiver declined the files. Nothing was transferred.');
    case 'cancelled':
      return new Failure('CANCELLED', 'The transfer was cancelled. Unfinished files were not kept.');
    case 'complete':
      return null;
    default:
      // Also with a status that goes on: a wrong password, or too many of them.
      return transfer.error && new Failure(transfer.error.code, transfer.error.message);
  }
}

/** The other side, once it is there. */
export function peer({ participants }) {
  return participants.find((participant) => !participant.self);
}

/** Whether the other side is there, and connected. */
export function peerConnected(now) {
  return peer(now)?.connected === true;
}

/** Whether the receiver has said yes. */
export function accepted({ transfer }) {
  return ['accepted', 'transferring', 'paused', 'reconnecting', 'complete'].includes(transfer.status);
}

/** Whether every byte has arrived. */
export function complete({ transfer }) {
  return transfer.status === 'complete';
}
