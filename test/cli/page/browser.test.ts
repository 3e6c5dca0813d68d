import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { ReportDocument } from '../../../src/cli/page/document';
import { renderPage } from '../../../src/cli/page/page';
import { run } from '../_shell';
import { eventful } from './_document';

/** Debian's packages chromium-headless-shell and chromium, and the variable with which others name theirs. */
const CHROMIUM = [process.env['CHROMIUM'], '/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find(
  (file) => file !== undefined && existsSync(file),
);

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const folder = mkdtempSync(path.join(tmpdir(), 'browser-'));
let browser: Browser;
beforeAll(async () => {
  if (CHROMIUM === undefined) return;
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

async function simulated(): Promise<ReportDocument> {
  const { out } = await run('simulate --clients 300 -o json'.split(' '));
  return (JSON.parse(out) as { record: ReportDocument }).record;
}

const PAGES: readonly (readonly [name: string, document: () => ReportDocument | Promise<ReportDocument>])[] = [
  ['of a run with incidents', eventful],
  ['of a simulated run', simulated],
  ['of a run of which little is known', () => eventful({ series: null, planned: null, incidents: [], after: null })],
  [
    'of a hostile cluster',
    () =>
      eventful({ cluster: '</title><script>alert(1)</script>', namespace: '"onload="alert(1)', run: '<img src=x>' }),
  ],
];

/** A browser that sees the page, and everything that it complains about or asks the network for. */
async function opened(file: string, width: number, colorScheme: 'light' | 'dark') {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const page = await context.newPage();
  const noise: string[] = [];
  page.on('console', (message) => noise.push(message.text()));
  page.on('pageerror', (error) => noise.push(error.message));
  page.on('dialog', (dialog) => noise.push(dialog.message()));
  page.on('request', (request) => {
    if (!request.url().startsWith('data:') && !request.isNavigationRequest()) noise.push(request.url());
  });
  await page.goto(pathToFileURL(file).href);
  return { context, page, noise };
}

/** What axe finds, in the words of its rules. Its script is put in by the browser's own protocol: the page allows none. */
async function violationsOf(page: Page): Promise<string[]> {
  const results = (await page.evaluate(`${axe}; axe.run()`)) as AxeResults;
  return results.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

(CHROMIUM === undefined ? describe.skip : describe)('in Chromium, the page', () => {
  describe.each(PAGES)('%s', (_name, make) => {
    const file = path.join(folder, `${Math.random()}.html`);
    beforeAll(async () => writeFileSync(file, renderPage(await make())));

    test.each([
      [1280, 'light'],
      [360, 'dark'],
    ] as const)('is quiet, accessible and not too wide: %s px, %s', async (width, colorScheme) => {
      const { context, page, noise } = await opened(file, width, colorScheme);
      // All of it, the tables of the charts too.
      await page.locator('summary').evaluateAll((all) => {
        for (const each of all) each.click();
      });
      expect(await violationsOf(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      expect(noise).toEqual([]);
      await context.close();
    });
  });

  test('can be used by the keyboard', async () => {
    const file = path.join(folder, 'keyboard.html');
    writeFileSync(file, renderPage(eventful()));
    const { context, page } = await opened(file, 1280, 'light');
    for (
      let presses = 0;
      presses < 20 && !(await page.evaluate('document.activeElement.matches("summary")'));
      presses++
    ) {
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    expect(await page.locator('details[open]').count()).toBe(1);
    await context.close();
  });

  test('is printed in black on white', async () => {
    const file = path.join(folder, 'print.html');
    writeFileSync(file, renderPage(eventful()));
    const { context, page } = await opened(file, 1280, 'dark');
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    const colours = await page.evaluate(
      'getComputedStyle(document.documentElement).getPropertyValue("--page") + getComputedStyle(document.body).color',
    );
    expect(colours).toBe('#f4f6f8rgb(27, 33, 41)');
    await context.close();
  });
});
