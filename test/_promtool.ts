import { spawnSync } from 'node:child_process';

/** The path of promtool; Debian has it in the package prometheus. */
const PROMTOOL = process.env['PROMTOOL'] ?? 'promtool';

const isThere = spawnSync(PROMTOOL, ['--version']).status === 0;

/** Skipped, by name, where there is no promtool. */
export const withPromtool = isThere ? test : test.skip;

/** Runs it. @returns all that it says @throws Error when it finds fault */
export function promtool(args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync(PROMTOOL, args, { encoding: 'utf8', input });
  if (status !== 0) throw new Error(`promtool ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout + stderr;
}
