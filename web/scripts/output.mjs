const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
/** How often progress is said where it cannot be shown in place. */
const LINE_MS = 5_000;

/** What the script says: events or results on stdout, words for people on stderr. */
export class Output {
  #json;
  #quiet;
  #words;
  #lineIsOpen = false;
  #told = '0 of 0';
  #progressSaid = -Infinity;

  /** `words` has a sentence for each event that people hear of. */
  constructor({ json, quiet, words }) {
    this.#json = json;
    this.#quiet = quiet;
    this.#words = words;
    // Whoever read the output may have had enough; the transfer goes on.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  }

  /** Tells an event. */
  tell(event, fields = {}) {
    this.#write(event, fields);
    if (this.#words[event]) this.#say(this.#words[event](fields));
  }

  /** What the script was run for; events tell it too. */
  result(text) {
    this.#endLine();
    if (!this.#json) process.stdout.write(`${text}\n`);
  }

  /** Tells how far the page's transfer is, if that has changed. */
  progress({ percent, speed, eta, bytesTransferred }) {
    const state = `${percent} of ${bytesTransferred}`;
    if (state === this.#told) return;
    this.#told = state;
    const fields = { percent, speed: Math.round(speed), eta: eta === null ? null : Math.round(eta) };
    this.#write('progress', fields);
    this.#showProgress(this.#words.progress(fields), percent === 100);
  }

  fail({ message, code, exitCode }) {
    this.#write('error', { message, code, exit_code: exitCode });
    this.#endLine();
    if (!(this.#json && this.#quiet)) process.stderr.write(`${message}\n`);
  }

  #write(event, fields) {
    if (this.#json) process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
  }

  #say(text) {
    this.#endLine();
    if (!this.#quiet) process.stderr.write(`${text}\n`);
  }

  #showProgress(text, isLast) {
    const now = performance.now();
    if (this.#quiet) return;
    if (process.stderr.isTTY) {
      process.stderr.write(`\r${text}\x1b[K`);
      this.#lineIsOpen = true;
    } else if (isLast || now - this.#progressSaid >= LINE_MS) {
      this.#progressSaid = now;
      this.#say(text);
    }
  }

  #endLine() {
    if (this.#lineIsOpen) process.stderr.write('\n');
    this.#lineIsOpen = false;
  }
}

/** A size with three digits: `1.50 MiB`. */
export function bytes(count) {
  let unit = 0;
  while (count >= 999.5 && unit + 1 < UNITS.length) {
    count /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || count >= 99.95 ? 0 : count >= 9.995 ? 1 : 2;
  return `${count.toFixed(digits)} ${UNITS[unit]}`;
}

/** How far a transfer is. */
export function progressLine(verb, { percent, speed, eta }) {
  const left = eta === null || percent === 100 ? '' : `, ${duration(eta)} left`;
  return `${verb} ${percent.toFixed(1).padStart(5)} %, ${bytes(speed)}/s${left}`;
}

/** A time in seconds: `42 s`, `3 min 20 s`, `1 h 5 min`. */
export function duration(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds / 60) % 60)} min`;
}
