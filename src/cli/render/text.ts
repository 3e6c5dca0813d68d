/** Controls of every kind, line and paragraph separators, and characters that turn the direction of writing. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Text from elsewhere, its control characters escaped. */
export function safe(text: string): string {
  return text.replace(UNSAFE, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
}

/** JSON of a value, with control characters as `\uXXXX`, because it may be read on a terminal. */
export function json(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(UNSAFE, (char) =>
    char === '\n' ? char : `\\u${char.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  );
}

/** 1234567 as `1,234,567`. Without the locales of Node: to load them takes 12 ms of CPU. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** The same for a number that may be unknown, which must not be mistaken for zero. */
export function known(value: number | null): string {
  return value === null ? 'unknown' : count(value);
}

/** Numbers older than this are shown with their age, ms: nodes that are not being evacuated are polled every 2 s. */
const OLD_MS = 5_000;

/** How old numbers are, as ` (12 s old)`; empty for current ones. */
export function age(seenAt: number | null, now: number): string {
  return seenAt === null || now - seenAt < OLD_MS ? '' : ` (${time(now - seenAt)} old)`;
}

/** Milliseconds as `850 ms`, `5 s`, `57.1 s`, `3 min 05 s` or `2 h 10 min`. */
export function time(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${Math.round(ms / 100) / 10} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** Milliseconds since the epoch as `2026-01-31T12:00:00Z`. */
export function moment(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+/, '');
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** `part` of `whole` as a bar of `width` columns. Anything above zero is visible, only all of it fills the bar, and unknown has another pattern. */
export function bar(part: number | null, whole: number, width: number): string {
  if (part === null) return '·'.repeat(width);
  const exact = whole > 0 ? (Math.min(part, whole) / whole) * width : 0;
  const filled = part > 0 && part < whole ? Math.min(width - 1, Math.max(1, Math.round(exact))) : Math.round(exact);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

/** Truncates a text that is too long, with an ellipsis. */
export function cutTo(text: string, width: number): string {
  const chars = [...text];
  return chars.length > width ? `${chars.slice(0, Math.max(0, width - 1)).join('')}…` : text;
}

/** Breaks a text into lines of at most `width` columns, between words where it can. */
export function wrap(text: string, width: number): string[] {
  const room = Math.max(20, width);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
    for (; line.length > room; line = line.slice(room)) lines.push(line.slice(0, room));
  }
  return [...lines, line];
}

/** Rows of cells with their columns aligned: the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}
