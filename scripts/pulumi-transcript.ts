/**
 * The transcript in docs/pulumi.md, recorded again: the example in a sandbox with 300 clients, with the Pulumi CLI on the PATH, in a
 * terminal of 80 columns with Ctrl-C in the middle, and then without a terminal.
 *
 *   npx tsx scripts/pulumi-transcript.ts
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { openSandbox } from '../src/sandbox/open-sandbox';
import { PulumiCli } from '../test/pulumi/_cli';

const COLUMNS = 80;
const UP = ['up', '--yes', '--skip-preview'];

/** The example, as a JavaScript program. */
function program(): string {
  const example = readFileSync(path.resolve(__dirname, '../examples/pulumi/index.ts'), 'utf8');
  return example
    .replaceAll(/import \{ (\w+) \} from '(.*)';/g, "const { $1 } = require('$2');")
    .replaceAll(/export const \{ (.*) \} =/g, 'const { $1 } = module.exports =')
    .replaceAll(/export const (\w+) =/g, 'module.exports.$1 =');
}

async function main(): Promise<void> {
  const cli = new PulumiCli(program());
  let connected = () => {};
  const all = new Promise<void>((resolve) => {
    connected = resolve;
  });
  const sandbox = await openSandbox({ kubeconfigPath: cli.kubeconfig, clients: 300 }, ({ kind }) => {
    if (kind === 'connected') connected();
  });
  try {
    await cli.ok('stack', 'init', 'dev');
    await cli.ok('config', 'set', 'version', '4.4.14');
    await cli.ok(...UP);
    await all;
    await cli.ok('config', 'set', 'version', '4.4.15');
    print('$ pulumi preview', await cli.ok('preview'));
    let interrupted = false;
    const lines = await cli.drawn(COLUMNS, UP, (drawn) => {
      if (interrupted || !/running\.*\s+1\d\d\/300/.test(drawn)) return undefined;
      interrupted = true;
      return '\u0003';
    });
    print(`$ pulumi up --yes --skip-preview   (${COLUMNS} columns, Ctrl-C)`, rowsOf(lines).join('\n'));
    print('$ pulumi up --yes --skip-preview --non-interactive', await cli.ok(...UP));
  } finally {
    await sandbox.stop();
    cli.remove();
  }
}

/** What is drawn again and again, once where it says something new, and one in ten figures. */
function rowsOf(lines: readonly string[]): string[] {
  const seen = new Set<string>();
  let figures = 0;
  return lines.flatMap((line, index) => {
    if (line.trim() === '' || /^ *Type +Name/.test(line)) return [];
    if (!line.includes('pulumi:pulumi:Stack')) return /pulumi-nodejs:emqx:EE {2}/.test(line) ? [] : [line.trimEnd()];
    const info = line.slice(line.indexOf('dev') + 3).replaceAll(/running\.*| +/g, ' ');
    if (seen.has(info)) return [];
    seen.add(info);
    if (/\d+\/\d+ \d+\/s/.test(info) && figures++ % 10 !== 0) return [];
    return [line.trimEnd(), (lines[index + 1] ?? '').trimEnd()];
  });
}

function print(...texts: string[]): void {
  for (const text of texts) process.stdout.write(`${text}\n\n`);
}

void main();
