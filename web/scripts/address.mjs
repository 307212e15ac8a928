import { badArguments } from './arguments.mjs';
import { Failure } from './failure.mjs';

// Whoever hands this file out puts its address here: a server as it does so, or `cargo xtask dist` for a host of files.
const FETCHED_FROM = 'https://HOST';

/** Where Perkoon's pages are: as given, where this file was fetched, or as the environment says. */
export function baseUrl(given) {
  if (given !== undefined) return base(given, '--url');
  // Where nobody knows it the file comes as it is. (Compared with itself, the placeholder would be replaced on both sides.)
  const fetched = new URL(FETCHED_FROM);
  if (fetched.hostname !== 'host') return withoutSlash(fetched);
  const { PERKOON_URL } = process.env;
  if (PERKOON_URL) return base(PERKOON_URL, 'PERKOON_URL');
  throw badArguments('This copy of the script does not know its Perkoon server: name it with --url, or in PERKOON_URL');
}

function base(text, from) {
  const url = webAddress(text);
  if (!url) throw badArguments(`${from} must be an http or https address, not "${text}"`);
  return withoutSlash(url);
}

/** The folder that the pages lie in; what is behind the path has no meaning there. */
function withoutSlash({ origin, pathname }) {
  return origin + pathname.replace(/\/+$/, '');
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
  const name = link ? link.pathname.slice(link.pathname.lastIndexOf('/') + 1) : codeOrLink;
  const code = name.replace(/%20|[\s-]/g, '').toUpperCase();
  if (!/^[2-9A-HJKMNP-TV-Z]{12}$/.test(code)) {
    throw new Failure('INVALID_CODE', `"${codeOrLink}" is not a Perkoon code. Codes have 12 letters and digits, like K7MX 4QPR 9W2N.`);
  }
  const secret = link?.hash.startsWith('#s=') ? link.hash : '';
  return `${link ? withoutSlash(new URL('.', link)) : baseUrl(given)}/${code}?agent=true${secret}`;
}
