// What no page of the suite may do, whatever is being tested: break its content security policy, or fetch from anywhere but the suite's own servers.

import { Server } from './server';

/** What a line on a page's console begins with that {@link tellViolations} has written. */
export const VIOLATION = 'policy violated: ';

/** Page function, which runs in every page and frame before its own scripts: says on the console what the policy has stopped. */
export function tellViolations(mark: string): void {
  addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sourceFile, lineNumber, sample }) => {
    console.error(`${mark}${effectiveDirective} stopped ${blockedURI} at ${sourceFile}:${lineNumber} ${sample}`);
  });
}

/** What a browser says by itself, also of workers, where no page function runs. */
const BROWSERS_WORDS = /Content[ -]Security[ -]Policy|requires 'Trusted|integrity/;

/** Whether a line on a console says that a policy or a digest has stopped something. */
export function isViolation(line: string): boolean {
  return line.startsWith(VIOLATION) || BROWSERS_WORDS.test(line);
}

/** Whether a request leaves for a place that is no server of the suite's. What stays in the browser (`data:`, `blob:`) goes nowhere. */
export function isElsewhere(address: string): boolean {
  const { protocol, origin } = new URL(address.replace(/^ws/, 'http'));
  return /^https?:$/.test(protocol) && !Server.origins.has(origin);
}

/** What a page did that it must not. Where the suite has noticed it says nothing, and so it has no stack. */
export function offence(what: string): Error {
  return Object.assign(new Error(what), { stack: what });
}
