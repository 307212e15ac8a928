import { text } from 'node:stream/consumers';
import { badArguments } from './arguments.mjs';

/** How a script may be told a password. Command lines are seen by others on the same machine: the other two ways are better. */
export const PASSWORD_OPTIONS = { password: { type: 'string' }, 'password-stdin': { type: 'boolean', default: false } };

/** The same as the pages take. */
const LONGEST = 1000;

/** Whether the command line itself says something about a password. */
export function namesPassword(given) {
  return given.password !== undefined || given['password-stdin'];
}

/** The password given, in one way or another; `undefined` where none is. */
export async function givenPassword(given) {
  const password = await said(given);
  if (password === undefined) return undefined;
  if (password === '') throw badArguments('The password is empty');
  if ([...password].length > LONGEST) throw badArguments(`A password may have ${LONGEST} characters at most`);
  return password;
}

async function said({ password, 'password-stdin': fromStdin }) {
  if (password !== undefined && fromStdin) throw badArguments('Give the password once, with --password or with --password-stdin');
  if (fromStdin) return (await text(process.stdin)).replace(/\r?\n$/, '');
  return password ?? (process.env.PERKOON_PASSWORD || undefined);
}
