// What holds if foreign markup or altered files should ever get into a page: its policy and its digests. That no flow of the suite runs
// into the policy is seen to in every test (support/watch.ts).

import type { Page } from 'puppeteer-core';
import type { Answer } from '../../support/altered';
import { VIOLATION } from '../../support/policy';
import { expect, test } from '../../support/puppeteer/fixtures';
import { BROWSERS } from '../../support/puppeteer/launch';

/** The page tells of everything that is to be stopped; a page that is closed then has nothing more to tell, and the test does not fail for it. */
async function expectStopped(page: Page, errors: Error[], told: string[]): Promise<void> {
  const found = () => errors.map((error) => error.message).join('\n');
  for (const part of told) await expect.poll(found).toContain(VIOLATION + part);
  await page.close();
  errors.length = 0;
}

/** What a sender's text would be, were it ever taken for markup. */
const MARKUP = `
  <script>window.ran = 'script'</script>
  <img src="/nothing.png" onerror="window.ran = 'handler'">
  <style>:root { --injected: yes }</style>
  <p id="styled" style="--injected: yes">text</p>
  <img src="https://elsewhere.example/picture">
  <script src="https://elsewhere.example/script.js"></script>
  <link rel="stylesheet" href="https://elsewhere.example/style.css">
  <iframe src="https://elsewhere.example/"></iframe>
  <object data="https://elsewhere.example/"></object>
  <base href="https://elsewhere.example/">`;

const DIRECTIVES = ['script-src-elem', 'script-src-attr', 'style-src-elem', 'style-src-attr', 'img-src', 'frame-src', 'object-src', 'base-uri'];

const HOSTS: [string, (answer: Answer) => void][] = [
  ['from this server', () => undefined],
  ['from a host without headers', ({ headers }) => headers.delete('content-security-policy')],
];

/** Page function. */
const injected = () => ({
  ran: (window as { ran?: string }).ran,
  styled: [document.documentElement, document.querySelector('#styled')!].map((element) => getComputedStyle(element).getPropertyValue('--injected')),
  base: document.baseURI === location.href,
});

/** Page function: a variable of the page's style sheets. */
const style = (variable: string) => getComputedStyle(document.documentElement).getPropertyValue(variable);

/** Page function: whether a value is refused where it would become markup or code. */
async function attempts(): Promise<Record<string, boolean>> {
  const refused = (attempt: () => unknown): boolean => {
    try {
      attempt();
      return false;
    } catch {
      return true;
    }
  };
  // A driver's own code may make code: the page's, which runs later, may not.
  const code = new Promise<boolean>((resolve) => setTimeout(() => resolve(refused(() => new Function('return 1')))));
  const template = document.createElement('template');
  return {
    markup: refused(() => (template.innerHTML = '<img src=x onerror="alert(1)">')),
    handler: refused(() => (template.innerHTML = '<p onclick="alert(1)">a</p>')),
    link: refused(() => (template.innerHTML = '<a href="javascript:alert(1)">a</a>')),
    frame: refused(() => (template.innerHTML = '<iframe srcdoc="a"></iframe>')),
    still: refused(() => (template.innerHTML = '<p class="quiet">a</p>')),
    script: refused(() => (document.createElement('script').src = '/boot.js')),
    worker: refused(() => new Worker('/received-memory.js')),
    code: await code,
  };
}

for (const name of BROWSERS) {
  for (const [host, change] of HOSTS) {
    test(`markup that gets into a page ${host} neither runs nor loads anything, in ${name}`, async ({ startAltered, openTab, pageErrors }) => {
      const address = await startAltered((path, answer) => {
        if (path !== '/') return;
        change(answer);
        answer.body = Buffer.from(answer.body.toString().replace('<body>', `<body>${MARKUP}`));
      });
      const { page } = await openTab(name, 'policy');
      await page.goto(address);
      await page.waitForSelector('main h1');
      expect(await page.evaluate(injected)).toEqual({ ran: undefined, styled: ['', ''], base: true });
      await expectStopped(page, pageErrors, DIRECTIVES.map((directive) => `${directive} `));
    });
  }

  for (const [what, file] of [
    ['the loader', /^\/boot-.*\.js$/],
    ['the glue', /^\/perkoon-web-.*\.js$/],
    ['the program', /\.wasm$/],
  ] as const) {
    test(`${what} is altered and does not run, in ${name}`, async ({ startAltered, openTab, pageErrors }) => {
      const altered = new Set<string>();
      const address = await startAltered((path, answer) => {
        if (!file.test(path)) return;
        altered.add(path);
        // A comment at the end of a script, a section that nobody reads at the end of a wasm module.
        answer.body = Buffer.concat([answer.body, path.endsWith('.js') ? Buffer.from('\n//') : Buffer.from([0, 2, 1, 120])]);
      });
      const { page } = await openTab(name, 'policy');
      await page.goto(address);
      if (what === 'the loader') expect(await page.evaluate(() => window.__perkoon)).toBeUndefined();
      else await page.waitForSelector('#shell [role="alert"], main[role="alert"]');
      expect(await page.evaluate(() => 'ready' in document.documentElement.dataset)).toBe(false);
      expect(altered.size).toBe(1);
      await expectStopped(page, pageErrors, []);
    });
  }

  test(`altered style sheets are not used, in ${name}`, async ({ startAltered, openTab, pageErrors }) => {
    const address = await startAltered((path, answer) => {
      if (path.endsWith('.css')) answer.body = Buffer.concat([answer.body, Buffer.from(':root { --injected: yes }')]);
    });
    for (const path of ['/', '/terms']) {
      const { page } = await openTab(name, 'policy');
      await page.goto(address + path);
      await page.waitForSelector('main h1');
      expect(await page.evaluate(style, '--injected')).toBe('');
      await expectStopped(page, pageErrors, []);
    }
  });

  test(`files that nobody has altered are used, in ${name}`, async ({ startAltered, openTab }) => {
    const address = await startAltered(() => undefined);
    for (const path of ['/terms', '/']) {
      // One each: Firefox calls it an error when a worker is left while it loads.
      const { page } = await openTab(name, 'policy');
      await page.goto(address + path);
      await page.waitForSelector('main h1');
      expect(await page.evaluate(style, '--ink')).not.toBe('');
      if (path === '/') expect(await page.evaluate(() => window.__perkoon.version)).not.toBe('');
    }
  });

  test(`text becomes neither markup nor code, in ${name}`, async ({ openTab, url, pageErrors }) => {
    const { page } = await openTab(name, 'policy');
    await page.goto(url);
    await page.waitForSelector('html[data-ready]');
    expect(await page.evaluate(attempts)).toEqual({
      markup: true,
      handler: true,
      link: true,
      frame: true,
      still: false,
      script: true,
      worker: true,
      code: true,
    });
    await expectStopped(page, pageErrors, ['require-trusted-types-for ']);
  });
}
