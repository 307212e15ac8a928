import { badArguments } from './arguments.mjs';
import { Failure } from './failure.mjs';

// A Perkoon server that hands this file out puts its own address here.
const FETCHED_FROM = 'https://HOST';

/** Where Perkoon is: as given, where this file was fetched, or as the environment says. */
export function baseUrl(given) {
  if (given !== undefined) return origin(given, '--url');
  // From a plain file host the file comes as it is. (Compared with itself, the placeholder would be replaced on both sides.)
  const fetched = new URL(FETCHED_FROM);
  if (fetched.hostname !== 'host') return fetched.origin;
  const { PERKOON_URL } = process.env;
  if (PERKOON_URL) return origin(PERKOON_URL, 'PERKOON_URL');
  throw badArguments('This copy of the script does not know its Perkoon server: name it with --url, or in PERKOON_URL');
}

function origin(text, from) {
  const url = webAddress(text);
  if (!url) throw badArguments(`${from} must be an http or https address, not "${text}"`);
  return url.origin;
}

function webAddress(text) {
  if (!/^https?:\/\//i.test(text)) return null;
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** The page to receive on for the session that a code or a whole link names; a link brings its own server, and its secret. */
export function sessionUrl(codeOrLink, given) {
  const link = webAddress(codeOrLink);
  const code = (link ? link.pathname.slice(1) : codeOrLink).replace(/%20|[\s-]/g, '').toUpperCase();
  if (!/^[2-9A-HJKMNP-TV-Z]{12}$/.test(code)) {
    throw new Failure('INVALID_CODE', `"${codeOrLink}" is not a Perkoon code. Codes have 12 letters and digits, like K7MX 4QPR 9W2N.`);
  }
  const secret = link?.hash.startsWith('#s=') ? link.hash : '';
  return `${link ? link.origin : baseUrl(given)}/${code}?agent=true${secret}`;
}
