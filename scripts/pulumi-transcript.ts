/**
 * The transcript in docs/pulumi.md, recorded again: the example in a sandbox with 300 clients, with the Pulumi CLI on the PATH, in a
 * terminal of 80 columns with Ctrl-C in the middle, and then without a terminal.
 *
 *   npx tsx scripts/pulumi-transcript.ts
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { openSandbox } from '../src/sandbox/open-sandbox';
import openCompiledFolder from '../test/_compiled-folder';
import removeCompiledFolder from '../test/_compiled-folder-end';
import { PulumiCli } from '../test/pulumi/_cli';

const COLUMNS = 80;
const UP = ['up', '--yes', '--skip-preview'];

/** The example, as a JavaScript program. */
function program(): string {
  const example = readFileSync(path.resolve(__dirname, '../examples/pulumi/index.ts'), 'utf8');
  return example
    .replaceAll(/import \{ (\w+) \} from '(.*)';/g, "const { $1 } = require('$2');")
    .replace(/export const \{ (.*) \} = cluster;/, 'const { $1 } = cluster;\nObject.assign(module.exports, { $1 });')
    .replaceAll(/export const (\w+) =/g, 'module.exports.$1 =');
}

async function main(): Promise<void> {
  openCompiledFolder();
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
      if (interrupted || !/(?<!\d)1\d\d\/3/.test(drawn)) return undefined;
      interrupted = true;
      return '\u0003';
    });
    print(`$ pulumi up --yes --skip-preview   (${COLUMNS} columns, Ctrl-C)`, rowsOf(lines).join('\n'));
    print('$ pulumi up --yes --skip-preview --non-interactive', await cli.ok(...UP));
  } finally {
    await sandbox.stop();
    cli.remove();
    removeCompiledFolder();
  }
}

/** Everything is drawn many times a second: both rows where that of the stack says something new, of the figures every third. */
function rowsOf(lines: readonly string[]): string[] {
  const seen = new Set<string>();
  let figures = 0;
  return lines.flatMap((line, index) => {
    const next = lines[index + 1] ?? '';
    const isRow = line.includes('pulumi:pulumi:Stack ') && next.includes('emqx:EE ');
    // Without what moves: dots and seconds.
    const text = line.trim().replaceAll(/running\.*|\s+/g, ' ');
    if (text === '' || seen.has(text) || /^Type(?!.* Info)|Updating \(|─ pulumi-nodejs:emqx:EE /.test(text)) return [];
    seen.add(text);
    const isFigure = /\d+\/\d+ \d+\/s|\d sessions/.test(text);
    if (isFigure && figures++ % 3 !== 0) return [];
    return isRow ? [line.trimEnd(), next.trimEnd()] : [line.trimEnd()];
  });
}

function print(...texts: string[]): void {
  for (const text of texts) process.stdout.write(`${text}\n\n`);
}

void main();
