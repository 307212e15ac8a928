// The module that pages load for a session: what it answers, when it is loaded, and what is there without it.

import { readFile } from 'node:fs/promises';
import { expect, test } from '../support/fixtures';
import { Sender } from '../support/sender';

/** Where the module is, as browsers ask for it. */
const MODULE = /\/perkoon_page_tools[^/]*\.wasm$/;

/** A tool's name, a request and its answer in hex digits; the crate's own tests ask the same of the native program. */
type Question = [tool: string, request: string, answer: string | null];

/** Page function: puts each question to the module, as the page does. */
async function answersOf(questions: Question[]): Promise<Question[]> {
  const { tools } = document.querySelector<HTMLElement>('[data-tools]')!.dataset;
  const { instance } = await WebAssembly.instantiateStreaming(fetch(tools!));
  const exports = instance.exports as Record<string, (number?: number) => number> & { memory: WebAssembly.Memory };
  const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return questions.map(([tool, request]) => {
    const bytes = Uint8Array.from(request.match(/../g) ?? [], (digits) => parseInt(digits, 16));
    const at = exports.reserve!(bytes.length);
    new Uint8Array(exports.memory.buffer, at, bytes.length).set(bytes);
    const length = exports[tool]!();
    return [tool, request, length < 0 ? null : hex(new Uint8Array(exports.memory.buffer, exports.at!(), length))];
  });
}

test('the module answers what the native program does', async ({ page, url }) => {
  const golden = await readFile(new URL('../../crates/page-tools/tests/golden.json', import.meta.url), 'utf8');
  const questions = JSON.parse(golden) as Question[];
  expect(questions.length).toBeGreaterThan(0);
  await page.goto(url);
  expect(await page.evaluate(answersOf, questions)).toEqual(questions);
});

test('a page loads the module once there is a session, and not before', async ({ page, url }) => {
  const asked: string[] = [];
  page.on('request', (request) => {
    if (MODULE.test(request.url())) asked.push(request.url());
  });
  await page.goto(url);
  await page.goto(`${url}/create`);
  await expect(page.getByTestId('create-start')).toBeVisible();
  expect(asked).toEqual([]);
  await Sender.start(page);
  await expect(page.getByTestId('share-qr')).toBeVisible();
  expect(asked).toHaveLength(1);
});

test('without the module the code and the link are there, and only the QR code is not', async ({ context, page, url }) => {
  await context.grantPermissions(['clipboard-write'], { origin: url });
  const refused = page.waitForEvent('requestfailed', (request) => MODULE.test(request.url()));
  await page.route(MODULE, (route) => route.abort());
  await page.goto(`${url}/create`);
  const { shareUrl } = await Sender.start(page);
  await refused;
  await page.getByTestId('copy-link').click();
  await expect(page.getByTestId('copy-link')).toHaveText(/Copied/);
  // The page may not read the clipboard: it is told what a person pastes.
  await page.evaluate(() => document.addEventListener('paste', (event) => Object.assign(window, { pasted: event.clipboardData!.getData('text') })));
  await page.keyboard.press('ControlOrMeta+v');
  await expect.poll(() => page.evaluate(() => (window as { pasted?: string }).pasted)).toBe(shareUrl);
  await expect(page.getByTestId('share-qr')).not.toBeAttached();
});

test('the QR code is there although the host does not know what the module is', async ({ page, url }) => {
  await page.route(MODULE, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), 'content-type': 'application/octet-stream' } });
  });
  await page.goto(`${url}/create`);
  await Sender.start(page);
  await expect(page.getByTestId('share-qr')).toBeVisible();
});
