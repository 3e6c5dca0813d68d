import { readFileSync } from 'node:fs';
import path from 'node:path';

/** What comes of a hazard, in the words of the documentation, for example `refused: replicas; survived`. */
export type Outcome = string;

interface Hazard {
  /** Shows that it is one, without this project's engine. */
  alone?: () => Promise<void>;
  /** What becomes of it with the engine, as it was seen. */
  withUs: () => Promise<Outcome>;
}

/**
 * Tests of the hazards in one table of docs/reliability.md. The table is the list: each of its rows must have a test of the same
 * name, which must see the outcome that the row tells.
 */
export function hazardsOf(heading: string): (row: string, hazard: Hazard) => void {
  const outcomes = rowsBelow(heading);
  const tested: string[] = [];
  afterAll(() => {
    // In a hook, for it must see every test of the file, whichever of them were asked for.
    expect(tested.sort()).toEqual([...outcomes.keys()].sort());
  });
  return (row, { alone, withUs }) => {
    tested.push(row);
    describe(`${row}:`, () => {
      if (alone) test('is a hazard with the operator alone', alone);
      test(`with the engine it is ${outcomes.get(row)}`, async () => {
        expect(await withUs()).toBe(outcomes.get(row));
      });
    });
  };
}

/** First and last column of the table below a heading. */
function rowsBelow(heading: string): Map<string, Outcome> {
  const text = readFileSync(path.resolve(__dirname, '../../../docs/reliability.md'), 'utf8');
  const [, section = ''] = text.split(`\n${heading}\n`);
  const lines = section.split(/\n#+ /)[0]!.split('\n');
  const rows = lines.filter((line) => line.startsWith('|')).map((line) => line.split('|').map((cell) => cell.trim()));
  const body = rows.slice(2).map((cells): [string, Outcome] => [cells[1]!, cells.at(-2)!.replaceAll('`', '')]);
  if (body.length === 0) throw new Error(`docs/reliability.md has no table below "${heading}"`);
  return new Map(body);
}
