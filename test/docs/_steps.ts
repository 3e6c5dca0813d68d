import { readFileSync } from 'node:fs';
import path from 'node:path';
import { hasForm, linesOf } from './_output';

export const ROOT = path.resolve(__dirname, '../..');

/** Commands of a document with what it shows of their output, or only what it shows of a command that still runs. */
export interface Step {
  line: number;
  commands: string | undefined;
  shown: string | undefined;
}

export function stepsOf(document: string): Step[] {
  const text = readFileSync(path.join(ROOT, document), 'utf8');
  const steps = /^```sh\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```$)?|^```text\n([\s\S]*?)^```$/gm;
  return [...text.matchAll(steps)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length,
    commands: match[1],
    shown: match[2] ?? match[3],
  }));
}

/** Output has the form of what the document shows of it. */
export function expectShown({ line, shown }: Step, output: string): void {
  if (shown === undefined || hasForm(output, shown)) return;
  expect([`line ${line}`, ...linesOf(output)]).toEqual([`line ${line}`, ...linesOf(shown)]);
}

/** The sessions that `status` counts, of all nodes. */
export function sessionsIn(status: string): number {
  return [...status.matchAll(/([\d,]+) sessions/g)].reduce(
    (sum, [, count]) => sum + Number(count!.replace(',', '')),
    0,
  );
}
