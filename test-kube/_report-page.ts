import { readFileSync } from 'node:fs';
import { CHROMIUM, faultsOf, LOOKS, launched, opened } from '../test/cli/page/_browser';
import { labFile, measured } from './_lab';
import type { Site } from './_site';

/** Where screenshots are kept, for somebody who looks at them; absent, none are made. */
const SHOTS = process.env['SCREENSHOTS'];

/**
 * The page that an upgrade has written is the one that `report` writes afterwards, from the journal alone; and in Chromium, where there is
 * one, it is quiet and accessible.
 */
export async function expectPage(site: Site, file: string): Promise<void> {
  const again = labFile(`${site.namespace}-again.html`);
  expect(await site.command('report', '--html', again).ended).toMatchObject({ code: 0 });
  const page = readFileSync(file, 'utf8');
  expect(readFileSync(again, 'utf8')).toBe(page);
  expect(page).toContain('content="default-src &#39;none&#39;');
  expect(page).not.toMatch(/<script|javascript:|\son\w+=/i);
  for (const name of [site.namespace, site.target.name, site.target.to]) expect(page).toContain(name);
  if (CHROMIUM === undefined) {
    measured(`${site.namespace}: the page was not looked at: there is no Chromium`);
    return;
  }
  const browser = await launched();
  try {
    for (const look of LOOKS) {
      const at = await opened(browser, file, look);
      if (SHOTS !== undefined) await at.page.screenshot({ path: `${SHOTS}/${look.join('-')}.png`, fullPage: true });
      expect(await faultsOf(at)).toEqual([]);
      await at.context.close();
    }
  } finally {
    await browser.close();
  }
}
