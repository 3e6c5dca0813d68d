import { writeFileSync } from 'node:fs';
import { CommandError } from './errors';
import { EXIT } from './exit';
import type { ReportDocument } from './page/document';
import { safe } from './render/text';
import type { Shell } from './shell';

/** Writes the report as a page, where a file for it is named. */
export async function writePage(file: string | undefined, document: ReportDocument, shell: Shell): Promise<void> {
  if (file === undefined) return;
  const { renderPage } = await import('./page/page.js');
  const page = renderPage(document);
  try {
    writeFileSync(file, page);
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new CommandError(
      EXIT.failed,
      'NOT_WRITTEN',
      `the page was not written: writing ${file} failed with ${code}`,
      'the report is still there: emqx-blue-green report --html FILE writes it again',
    );
  }
  shell.err.write(`${safe(`the report is in ${file}`)}\n`);
}
