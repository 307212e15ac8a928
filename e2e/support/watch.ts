// What pages do that they must not, whatever is being tested: errors that nobody catches, violations of their policy, requests to elsewhere.

import type { Browser, BrowserContext } from '@playwright/test';
import { VIOLATION, isElsewhere, isViolation, offence, tellViolations } from './policy';

/** Collects what pages of the browser do that they must not; ends when the answer is called. */
export function watchBrowser(browser: Browser, errors: Error[]): () => void {
  const watch = (context: BrowserContext) => watchContext(context, errors);
  browser.on('context', watch);
  return () => browser.off('context', watch);
}

/** The same for one context. */
export function watchContext(context: BrowserContext, errors: Error[]): void {
  const note = (what: string) => errors.push(offence(what));
  void context.addInitScript(tellViolations, VIOLATION);
  context.on('weberror', (error) => errors.push(error.error()));
  context.on('console', (message) => isViolation(message.text()) && note(message.text()));
  // Those of workers too.
  context.on('request', (request) => isElsewhere(request.url()) && note(`asked ${request.url()}`));
  context.on('page', (page) => page.on('websocket', (socket) => isElsewhere(socket.url()) && note(`asked ${socket.url()}`)));
}
