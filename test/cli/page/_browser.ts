import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** Debian's packages chromium-headless-shell and chromium, and the variable with which others name theirs; undefined where there is none. */
export const CHROMIUM = [process.env['CHROMIUM'], '/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find(
  (file) => file !== undefined && existsSync(file),
);

/** @throws Error without Chromium */
export function launched(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error('there is no Chromium');
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
}

/** How a page is shown. */
export type Look = readonly [width: number, colorScheme: 'light' | 'dark'];

export const LOOKS: readonly Look[] = [
  [1280, 'light'],
  [1280, 'dark'],
  [360, 'light'],
  [360, 'dark'],
];

/** A page that is open, and everything that it complains about or asks the network for. */
export interface Opened {
  context: BrowserContext;
  page: Page;
  noise: string[];
}

export async function opened(browser: Browser, file: string, [width, colorScheme]: Look): Promise<Opened> {
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

/**
 * What is wrong with a page, all of it opened, the tables of the charts too; empty where it is quiet, accessible and not too wide.
 */
export async function faultsOf({ page, noise }: Opened): Promise<string[]> {
  await page.locator('summary').evaluateAll((all) => {
    for (const each of all) each.click();
  });
  const width = page.viewportSize()!.width;
  const needed = await page.evaluate('document.documentElement.scrollWidth');
  const violations = await violationsOf(page);
  return [...violations, ...(needed === width ? [] : [`it needs ${String(needed)} px`]), ...noise];
}

/** What axe finds, in the words of its rules. Its script is put in by the browser's own protocol: the page allows none. */
async function violationsOf(page: Page): Promise<string[]> {
  const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
  const results = (await page.evaluate(`${axe}; axe.run()`)) as AxeResults;
  return results.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
