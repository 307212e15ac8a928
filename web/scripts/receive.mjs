import { badArguments } from './arguments.mjs';
import { sessionUrl } from './address.mjs';
import { Directory } from './directory.mjs';
import { Failure } from './failure.mjs';
import { bytes, duration, progressLine } from './output.mjs';
import { PASSWORD_OPTIONS, givenPassword } from './password.mjs';
import { run } from './run.mjs';
import { complete, peer, peerConnected } from './session.mjs';

const USAGE = `Receives files with Perkoon: accepts what the sender offers, and saves it.

  node receive.mjs CODE|LINK [DIRECTORY] [options]

  --output DIRECTORY where to save [default: ./received]
  --password-stdin   the password that the sender has set is read from stdin
  --password PW      the same, where others on this machine may read it; PERKOON_PASSWORD is better
  --overwrite        replace files that are there already
  --url URL          where its pages are [default: the link's, where this script was fetched, or PERKOON_URL]
  --timeout SECONDS  how long to wait for the sender to come, and then for the offer [default: 300]
  --json             one JSON object a line on stdout for each event
  --quiet            nothing on stderr but errors
  --help             this text

Needs Playwright: npm install playwright && npx playwright install chromium. PERKOON_CHROMIUM names another Chromium.
Receiving with this script means accepting the terms on the server's page /terms.

Exit codes: 0 received, 1 bad arguments, 2 a file is there already or cannot be saved, 3 network or session error,
4 a wrong password, 5 nobody came in time, 130 Ctrl-C.
`;

const WORDS = {
  session_joined: () => 'Waiting for the sender.',
  sender_found: () => 'The sender is here.',
  receiving_file: ({ name, size }) => `${name}, ${bytes(size)}`,
  progress: (fields) => progressLine('Receiving', fields),
  transfer_complete: ({ duration_ms, speed }) => `Received in ${duration(duration_ms / 1000)}, ${bytes(speed)}/s.`,
};

const OPTIONS = { ...PASSWORD_OPTIONS, output: { type: 'string' }, overwrite: { type: 'boolean', default: false } };

const UNASKED = 'The sender does not ask for a password: it may be someone else. Nothing was transferred. Leave the password out to receive all the same.';

const INTERRUPTED = 'The connection went again and again while the password was checked. Nothing was transferred. Try again.';

/** How often the password is told in one session. */
const PASSWORD_TRIES = 3;

await run({ usage: USAGE, options: OPTIONS, words: WORDS, work: receive });

async function receive(given, output, stage) {
  const { session: url, directory: path } = plan(given);
  const password = await givenPassword(given);
  const directory = await Directory.prepare(path, given.overwrite);
  const kept = [];
  const onDownload = (download) => {
    const keeping = directory.keep(download);
    // Where the transfer fails, that is what there is to say, not what it made of its downloads.
    keeping.catch(() => {});
    kept.push(keeping);
  };
  const session = await stage.session({ downloadsPath: directory.staging, onDownload });
  await session.open(url);
  await offered(session, given.timeout, password, output);
  const files = await session.files();
  directory.check(files.map((file) => file.savedAs));
  await accept(session);
  for (const { savedAs, size } of files) output.tell('receiving_file', { name: savedAs, size });
  const { transfer } = await session.until(complete, { each: (now) => output.progress(now.transfer) });
  output.progress(transfer);
  const saved = await savedFiles(await session.files(), kept);
  for (const { path: target } of saved) output.result(target);
  output.tell('transfer_complete', { duration_ms: transfer.durationMs, speed: Math.round(transfer.speed), files: saved });
  await session.farewell();
}

function plan({ positionals: [code, directory, ...rest], output, url }) {
  if (code === undefined) throw badArguments('Name the code, or the link, to receive from');
  if (rest.length > 0) throw badArguments(`"${rest[0]}" is one argument too many`);
  if (directory !== undefined && output !== undefined) throw badArguments('Name the directory once, with or without --output');
  if ((directory ?? output) === '-') throw badArguments('This script saves files; it cannot write them to stdout');
  return { session: sessionUrl(code, url), directory: directory ?? output ?? 'received' };
}

/** Joins, and waits for the sender and its offer. */
async function offered(session, limit, password, output) {
  const late = `The sender did not come within ${limit} s.`;
  const outlast = 'SESSION_FULL';
  const { session: joined } = await session.until((now) => now.participants.length > 0, { limit, late, outlast });
  output.tell('session_joined', { session_code: joined.code });
  await session.until(peer, { limit, late, outlast });
  output.tell('sender_found');
  await session.until(peerConnected, { limit, late, outlast });
  output.tell('webrtc_connected');
  const isOffered = (now) => now.transfer.status === 'offered';
  const unoffered = { limit, late: `The sender did not offer anything within ${limit} s.`, outlast };
  const isAnswered = (now) => isOffered(now) || (now.asksPassword && !now.transfer.error);
  let now = await session.until(isAnswered, unoffered);
  for (let told = 0; now.asksPassword; told += 1) {
    // Each time may be one more guess for whoever cuts the connection.
    if (told === PASSWORD_TRIES) throw new Failure('CONNECTION_FAILED', INTERRUPTED);
    await tell(session, password);
    now = await session.until(isAnswered, unoffered);
  }
  // Whoever sends without asking for it may be someone else.
  if (password !== undefined && !now.session.passwordProtected) throw new Failure('WRONG_PASSWORD', UNASKED);
}

/** Types the password. It is asked for again when the connection goes while it is checked. */
async function tell(session, password) {
  if (password === undefined) {
    throw new Failure('WRONG_PASSWORD', 'The sender has set a password. Give it with --password-stdin, or in PERKOON_PASSWORD.');
  }
  await session.fill('password-input', password);
  await session.press('password-submit');
  await session.look();
}

async function accept(session) {
  if (await session.hook('transfer-tos-checkbox').isVisible()) await session.press('transfer-tos-checkbox');
  await session.press('transfer-accept');
}

/** What was saved, in the order of the offer. */
async function savedFiles(files, kept) {
  const targets = new Map((await Promise.all(kept)).map(({ name, target }) => [name, target]));
  return files.map(({ savedAs, size, blake3 }) => {
    const path = targets.get(savedAs);
    if (!path) throw new Failure('INTERNAL', `The browser did not save ${savedAs}.`);
    return { name: savedAs, path, size, blake3 };
  });
}
