// The limits that every other spec switches off: a page that meets one says so.

import { expectError } from '../support/errors';
import { expect, test } from '../support/fixtures';
import { Server } from '../support/server';

test('too many sessions from one address', async ({ page, request }) => {
  const server = await Server.limited();
  try {
    for (let session = 0; session < 10; session += 1) {
      expect((await request.post(`${server.url}/api/v1/sessions`, { data: {} })).status()).toBe(201);
    }
    const refused = await request.post(`${server.url}/api/v1/sessions`, { data: {} });
    expect(refused.status()).toBe(429);
    expect(Number(refused.headers()['retry-after'])).toBeGreaterThan(0);
    const problem = (await refused.json()) as { code: string; retry_after: number };
    expect(problem.code).toBe('RATE_LIMITED');
    expect(problem.retry_after).toBeGreaterThan(0);
    expect(problem.retry_after).toBeLessThanOrEqual(60);

    await page.goto(`${server.url}/create`);
    await page.getByTestId('tos-accept').check();
    await page.getByTestId('create-start').click();
    await expectError(page, 'RATE_LIMITED');
    await expect(page.getByTestId('error-message')).toContainText('Wait a minute');
    expect(await page.evaluate(() => window.__perkoon.transfer.error!.retryable)).toBe(true);
    await expect(page.getByTestId('create-start')).toBeVisible();
  } finally {
    await server.stop();
  }
});
