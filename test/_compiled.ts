import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..');
const ESBUILD = path.join(ROOT, 'node_modules/.bin/esbuild');

/**
 * The sources as JavaScript, module by module: a process of Node runs them without a loader of TypeScript, which takes longer to start
 * than the product does. Compiled by the first file of a run that asks.
 *
 * @returns the folder that stands for `src`
 */
export function compiledSources(): string {
  const folder = process.env['COMPILED_SOURCES'];
  if (!folder) throw new Error('the run of the tests has no folder for them: see test/_compiled-folder.ts');
  const project = path.join(folder, 'project');
  if (!existsSync(project)) compile(folder, project);
  return path.join(project, 'src');
}

/** Files of tests run beside each other: each compiles apart, and who comes last uses what is there. */
function compile(folder: string, project: string): void {
  const mine = mkdtempSync(path.join(folder, 'part-'));
  const words = [
    'src/**/*.ts',
    'src/**/*.json',
    '--loader:.json=copy',
    '--format=cjs',
    '--platform=node',
    '--target=node20',
    '--log-level=warning',
  ];
  const { status, stderr } = spawnSync(ESBUILD, [...words, `--outdir=${mine}/src`], { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the sources cannot be compiled: ${stderr}`);
  copyFileSync(path.join(ROOT, 'package.json'), path.join(mine, 'package.json'));
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(mine, 'node_modules'));
  try {
    renameSync(mine, project);
  } catch (error) {
    if (!existsSync(project)) throw error;
    rmSync(mine, { recursive: true });
  }
}
