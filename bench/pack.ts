import path from 'node:path';
import { buildSync } from 'esbuild';

/** Packs a program into one file, so that no loader of TypeScript is measured. */
export function pack(contents: string, outfile: string): string {
  buildSync({
    stdin: { contents, resolveDir: path.resolve(__dirname, '..'), loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  return outfile;
}
