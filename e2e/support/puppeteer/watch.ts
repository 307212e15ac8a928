import type { Page } from 'puppeteer-core';
import { VIOLATION, isElsewhere, isViolation, offence, tellViolations } from '../policy';

/** Collects what the page does that it must not: errors that nobody catches, violations of its policy, requests to elsewhere. */
export async function watchPage(page: Page, errors: Error[]): Promise<void> {
  await page.evaluateOnNewDocument(tellViolations, VIOLATION);
  page.on('pageerror', (error) => isFailedDownload(error) || errors.push(error as Error));
  page.on('console', (message) => isViolation(message.text()) && errors.push(offence(message.text())));
  // Firefox tells of none here (see launch.ts): its pages are held back by their policy alone.
  page.on('request', (request) => isElsewhere(request.url()) && errors.push(offence(`asked ${request.url()}`)));
}

/** Firefox tells a page of its own downloads that fail as if the page had thrown. */
function isFailedDownload(error: unknown): boolean {
  return error instanceof Error && error.message.includes('A ServiceWorker intercepted the request and encountered an unexpected error');
}
