import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Where the sources are compiled to (`_compiled.ts`), once for a run of the tests; it is removed with the run. */
export default function open(): void {
  process.env['COMPILED_SOURCES'] = mkdtempSync(path.join(tmpdir(), 'compiled-'));
}
