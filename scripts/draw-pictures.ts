import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ReportDocument } from '../src/cli/page/document';
import { PICTURES, picturesOf, SIMULATED } from './pictures';

/** Draws the pictures of the documents again, from the simulated upgrade that they show. */
const ROOT = path.resolve(__dirname, '..');
const tsx = path.join(ROOT, 'node_modules/.bin/tsx');
const output = execFileSync(tsx, ['src/cli/main.ts', ...SIMULATED], { cwd: ROOT, maxBuffer: 2 ** 28 });
const { record } = JSON.parse(output.toString()) as { record: ReportDocument };
mkdirSync(path.join(ROOT, PICTURES), { recursive: true });
for (const [name, picture] of picturesOf(record)) writeFileSync(path.join(ROOT, PICTURES, name), picture);
