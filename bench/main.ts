import { PerformanceDocument } from './performance-document';

type Part = (print: (line: string) => void) => string[] | Promise<string[]>;

/** Each with the title that it has in the document. Some need the package as it is built. */
const PARTS: Readonly<Record<string, [title: string, part: () => Promise<Part>]>> = {
  simulator: ['The simulator', async () => (await import('./simulator.js')).simulator],
  fidelity: ['The simulator, held against measurements', async () => (await import('./fidelity.js')).fidelity],
  cost: ['What an upgrade asks of the API server and of the nodes', async () => (await import('./cost.js')).cost],
  evacuation: ['Evacuations', async () => (await import('./evacuation.js')).evacuation],
  pacing: ['Pacing', async () => (await import('./pacing.js')).pacing],
  synth: ['Synthesis', async () => (await import('./synth.js')).synth],
  start: ['The start of the command line', async () => (await import('./start.js')).start],
  runner: ['A runner at rest', async () => (await import('./runner.js')).runner],
  sustained: ['What goes on for long', async () => (await import('./sustained.js')).sustained],
  large: ['What is large', async () => (await import('./sustained.js')).large],
};

/**
 * Speed as ratios within one run, and the simulator held against what was measured: all parts, or those that are named. What they print
 * also goes into docs/performance.md. Exit code 1 when something is out of bounds.
 */
async function main(): Promise<void> {
  const named = process.argv.slice(2);
  const unknown = named.filter((name) => !(name in PARTS));
  if (unknown.length > 0) throw new Error(`no part is called ${unknown.join(', ')}: ${Object.keys(PARTS).join(', ')}`);
  const document = new PerformanceDocument(Object.entries(PARTS).map(([name, [title]]) => ({ name, title })));
  const misses: string[] = [];
  for (const name of named.length > 0 ? named : Object.keys(PARTS)) {
    const lines: string[] = [];
    const print = (line: string) => {
      console.log(line);
      lines.push(line);
    };
    const part = await PARTS[name]![1]();
    const missed = await part(print);
    for (const miss of missed) print(`✗ ${miss}`);
    misses.push(...missed);
    document.write(name, lines);
  }
  console.log(misses.length === 0 ? '\nall within bounds' : `\n${misses.length} out of bounds`);
  process.exitCode = misses.length === 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
