import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const folder = path.resolve(__dirname, '../../../shared/reference');

/** Text of a file of the reference data, or undefined (with a message) where there is none. */
export function reference(name: string): string | undefined {
  const file = path.join(folder, name);
  if (existsSync(file)) return readFileSync(file, 'utf8');
  console.warn(`no reference data (${name}): the tests that compare with it are skipped`);
  return undefined;
}
