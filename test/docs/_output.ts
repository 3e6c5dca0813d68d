/** Stands in a document for any number of lines. */
const GAP = '…';

/**
 * Whether output has the form of what a document shows: the same lines, but for times, numbers, hashes in names, and what
 * lies in a gap. Versions count.
 */
export function hasForm(output: string, shown: string): boolean {
  return follows(linesOf(output), linesOf(shown));
}

/** The lines of a text as far as they are compared. */
export function linesOf(text: string): string[] {
  return text.trimEnd().split('\n').map(form);
}

function follows(lines: readonly string[], shown: readonly string[]): boolean {
  const [first, ...rest] = shown;
  if (first === undefined) return lines.length === 0;
  if (first !== GAP) return lines[0] === first && follows(lines.slice(1), rest);
  return lines.some((_, index) => follows(lines.slice(index), rest)) || follows([], rest);
}

function form(line: string): string {
  return line
    .replace(/\d{4}-\d\d-\d\dT[\d:]+Z/g, '#') // a time
    .replace(/\b(emqx-ee)-[bcdfghjklmnpqrstvwxz2456789]{8,10}/g, '$1-#') // a stateful set
    .replace(/\b(\d+[smhd])+\b/g, '#') // an age
    .replace(/\b(\d+ h \d+ min|\d+ min \d+ s|[\d.]+ m?s)\b/g, '#') // a duration
    .replace(/\d+\.\d+\.\d+\.\d+/g, '#') // an address
    .replace(/(\d+\.\d+\.\d+)|\d+(,\d{3})*(\.\d+)?/g, (_, version: string | undefined) => version ?? '#')
    .replace(/[█░]+/g, '█')
    .replace(/┤.*/, '┤') // a line of a plot
    .replace(/\s+/g, ' ')
    .trim();
}
