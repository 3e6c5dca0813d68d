import { writeFileSync } from 'node:fs';
import { CommandError } from './errors';
import { EXIT } from './exit';
import type { ReportDocument } from './page/document';
import { safe } from './render/text';
import type { Shell } from './shell';

/**
 * Writes the report as a page, where a file for it is named.
 *
 * @param document undefined where it could not be read
 */
export async function writePage(
  file: string | undefined,
  document: ReportDocument | undefined,
  shell: Shell,
): Promise<void> {
  await writeHtml(
    file,
    async () => {
      if (!document) throw notWritten('the journal could not be read');
      return (await import('./page/page.js')).renderPage(document);
    },
    shell,
  );
}

/** Writes a page, where a file for it is named. */
export async function writeHtml(file: string | undefined, render: () => Promise<string>, shell: Shell): Promise<void> {
  if (file === undefined) return;
  const page = await render();
  try {
    writeFileSync(file, page);
  } catch (error) {
    throw notWritten(`writing ${file} failed with ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`);
  }
  shell.err.write(`${safe(`the report is in ${file}`)}\n`);
}

function notWritten(why: string): CommandError {
  const fix = 'of a cluster, emqx-blue-green report --html FILE writes it again';
  return new CommandError(EXIT.failed, 'NOT_WRITTEN', `the page was not written: ${why}`, fix);
}
