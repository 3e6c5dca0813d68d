import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import type { ReportDocument } from '../../../src/cli/page/document';
import { renderPage } from '../../../src/cli/page/page';
import { run } from '../_shell';
import { CHROMIUM, faultsOf, LOOKS, launched, opened } from './_browser';
import { eventful } from './_document';

const folder = mkdtempSync(path.join(tmpdir(), 'browser-'));
let browser: Browser;
beforeAll(async () => {
  if (CHROMIUM !== undefined) browser = await launched();
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

async function simulated(): Promise<ReportDocument> {
  const fleet = '--devices mosquitto-mqtt5=20%,paho-python=80% --will 0 --offline-budget none';
  const { out } = await run(`simulate --clients 300 ${fleet} --compare operator,rolling -o json`.split(' '));
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

(CHROMIUM === undefined ? describe.skip : describe)('in Chromium, the page', () => {
  describe.each(PAGES)('%s', (_name, make) => {
    const file = path.join(folder, `${Math.random()}.html`);
    beforeAll(async () => writeFileSync(file, renderPage(await make())));

    test.each(LOOKS)('is quiet, accessible and not too wide: %s px, %s', async (...look) => {
      const at = await opened(browser, file, look);
      expect(await faultsOf(at)).toEqual([]);
      await at.context.close();
    });
  });

  test('can be used by the keyboard', async () => {
    const file = path.join(folder, 'keyboard.html');
    writeFileSync(file, renderPage(eventful()));
    const { context, page } = await opened(browser, file, [1280, 'light']);
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
    const { context, page } = await opened(browser, file, [1280, 'dark']);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    const colours = await page.evaluate(
      'getComputedStyle(document.documentElement).getPropertyValue("--page") + getComputedStyle(document.body).color',
    );
    expect(colours).toBe('#f4f6f8rgb(27, 33, 41)');
    await context.close();
  });
});
