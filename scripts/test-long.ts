/**
 * What is worth hours, and no part of CI: many seeds of faults, and a cluster that is upgraded again and again for a virtual day.
 *
 *   npm run test:long -- [--from SEED] [--seeds COUNT] [--hours HOURS]
 *
 * Writes what came of it into docs/reliability.md.
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { endure } from './endurance';

const ROOT = path.resolve(__dirname, '..');
const DOCUMENT = path.join(ROOT, 'docs/reliability.md');
const MARKS = /(<!-- test:long -->\n)[\s\S]*?(<!-- \/test:long -->)/;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      from: { type: 'string', default: '100001' },
      seeds: { type: 'string', default: '100000' },
      hours: { type: 'string', default: '24' },
    },
  });
  const [from, count, hours] = [Number(values.from), Number(values.seeds), Number(values.hours)];
  const began = performance.now();

  const endured = await endure(hours);
  const { upgrades, disconnects, heap, objects, failures } = endured;
  const endurance =
    `${hours} virtual hours: ${upgrades} upgrades, ${disconnects} disconnects, ${failures.length} promises broken; ` +
    `heap ${heap.join(' → ')} MB, objects ${objects.join(' → ')}`;
  console.log([endurance, ...failures].join('\n'));

  const seeds = `${from}..${from + count - 1}`;
  const { code, output } = await faults(seeds);
  const failed = /^\d+ seeds, (\d+) failed,/m.exec(output)?.[1];
  if (failed === undefined) throw new Error(`the seeds came to no end:\n${output.slice(-2_000)}`);

  const minutes = Math.round((performance.now() - began) / 60_000);
  const result = `Last run, ${new Date().toISOString().slice(0, 10)}, ${minutes} min:\n
- seeds ${seeds}: ${failed} of ${count} failed
- ${endurance}\n`;
  writeFileSync(DOCUMENT, readFileSync(DOCUMENT, 'utf8').replace(MARKS, `$1\n${result}\n$2`));
  if (code !== 0 || failures.length > 0) process.exitCode = 1;
}

/** Plays seeds in as many processes as there are processors. */
async function faults(seeds: string): Promise<{ code: number; output: string }> {
  const words = ['run', '--silent', 'simulate:faults', '--', '--seeds', seeds];
  const child = spawn('npm', words, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.pipe(process.stdout);
  const ended = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  const output = await text(child.stdout);
  return { code: await ended, output };
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
