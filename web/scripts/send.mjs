import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { badArguments } from './arguments.mjs';
import { baseUrl } from './address.mjs';
import { Failure } from './failure.mjs';
import { bytes, duration, progressLine } from './output.mjs';
import { PASSWORD_OPTIONS, givenPassword, namesPassword } from './password.mjs';
import { run } from './run.mjs';
import { accepted, complete, peer, peerConnected } from './session.mjs';

const USAGE = `Sends files with Perkoon: prints a link, and stays until whoever opens it has them all.

  node send.mjs FILE... [options]

  --password-stdin   the receiver has to know the password that is read from stdin
  --password PW      the same, where others on this machine may read it; PERKOON_PASSWORD is better
  --secure-link      put a secret into the link: whoever has the whole link is let in, and nobody else
  --url URL          where its pages are [default: where this script was fetched, or PERKOON_URL]
  --timeout SECONDS  how long to wait for the receiver to come, and then to accept [default: 300]
  --json             one JSON object a line on stdout for each event
  --quiet            nothing on stderr but errors
  --help             this text

Needs Playwright: npm install playwright && npx playwright install chromium. PERKOON_CHROMIUM names another Chromium.
Sending with this script means accepting the terms on the server's page /terms.

Exit codes: 0 sent, 1 bad arguments, 2 file not found, 3 network or session error, 4 too many wrong passwords,
5 nobody came in time, 130 Ctrl-C.
`;

const WORDS = {
  file_ready: ({ name, size }) => `${name}, ${bytes(size)}`,
  waiting_for_receiver: () => 'Waiting for someone to open the link.',
  receiver_connected: () => 'The receiver is here.',
  waiting_for_acceptance: () => 'Waiting for the receiver to accept.',
  progress: (fields) => progressLine('Sending', fields),
  transfer_complete: ({ duration_ms, speed }) => `Sent in ${duration(duration_ms / 1000)}, ${bytes(speed)}/s.`,
};

const OPTIONS = { ...PASSWORD_OPTIONS, 'secure-link': { type: 'boolean', default: false } };

await run({ usage: USAGE, options: OPTIONS, words: WORDS, work: send });

async function send(given, output, stage) {
  const { positionals: files, url, timeout } = given;
  if (files.length === 0) throw badArguments('Name at least one file to send');
  const base = baseUrl(url);
  const protection = await wanted(given);
  for (const file of files) output.tell('file_ready', await checked(file));
  const session = await stage.session();
  await start(session, base, protection, output);
  await session.hook('file-input').setInputFiles(files);
  while (!(await offer(session, timeout, output)));
  output.tell('transfer_accepted');
  const { transfer } = await session.until(complete, { each: (now) => output.progress(now.transfer) });
  output.progress(transfer);
  output.tell('transfer_complete', { duration_ms: transfer.durationMs, speed: Math.round(transfer.speed) });
}

/** Name and size of a file that can be sent. */
async function checked(file) {
  const found = await stat(file).catch((error) => {
    const missing = error.code === 'ENOENT';
    throw unusable(missing ? `${file} does not exist.` : `${file} cannot be read (${error.code}).`);
  });
  if (found.isDirectory()) throw unusable(`${file} is a folder. Name the files in it, or pack it into an archive first.`);
  if (!found.isFile()) throw unusable(`${file} is not an ordinary file.`);
  await access(file, constants.R_OK).catch((error) => {
    throw unusable(`${file} cannot be read (${error.code}).`);
  });
  return { name: path.basename(file), size: found.size };
}

function unusable(sentence) {
  return new Failure('FILE_UNREADABLE', sentence);
}

/** What is to protect the session. */
async function wanted(given) {
  if (!given['secure-link']) return { password: await givenPassword(given) };
  if (namesPassword(given)) throw badArguments('A secure link has a secret of its own: leave the password out');
  return { secureLink: true };
}

/** From the terms to the link. */
async function start(session, base, { password, secureLink }, output) {
  await session.open(`${base}/create?agent=true`);
  await session.press('tos-accept');
  if (password !== undefined) await session.fill('create-password', password);
  if (secureLink) await session.press('create-secure-link');
  await session.press('create-start');
  const { session: made } = await session.until((now) => now.session?.shareUrl);
  output.tell('session_created', { session_code: made.code, share_url: made.shareUrl });
  output.result(made.shareUrl);
}

/** Waits for a receiver and offers the files; whether the receiver has accepted, or else has left without an answer. */
async function offer(session, limit, output) {
  const uncome = { limit, late: `Nobody came for the files within ${limit} s.` };
  const unanswered = { limit, late: `The receiver did not accept the files within ${limit} s.` };
  output.tell('waiting_for_receiver');
  // One who has come may stand beside the failure of one who has left: that is seen to first.
  const unfailed = (reached) => (now) => !now.transfer.error && reached(now);
  try {
    await session.until(unfailed(peer), uncome);
    output.tell('receiver_connected');
    const connected = await session.until(unfailed(peerConnected), uncome);
    output.tell('webrtc_connected');
    // What was started for one who left before it was offered goes to the next.
    if (connected.transfer.status !== 'connecting') await session.press('start-transfer', uncome);
    output.tell('waiting_for_acceptance');
    const isAnother = (now) => peer(now) && peer(now).id !== peer(connected).id;
    return accepted(await session.until(unfailed((now) => accepted(now) || isAnother(now)), unanswered));
  } catch (error) {
    if (error.code !== 'PEER_LEFT') throw error;
    await session.tryAgain();
    return false;
  }
}
