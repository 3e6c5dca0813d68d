import { safe } from '../render/text';

/** Text that is HTML already. Made only by {@link html} and {@link raw}. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | undefined | false | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A template whose values are escaped, in text and in quoted attributes; lists are joined, undefined and false are nothing. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(texts.map((text, index) => text + (index < parts.length ? textOf(parts[index]) : '')).join(''));
}

/** HTML that this program has written itself. Never for anything that was read. */
export function raw(text: string): Html {
  return new Html(text);
}

function textOf(part: Part): string {
  if (part === undefined || part === false) return '';
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return part.map(textOf).join('');
  // No character that turns the direction of writing, and none that HTML does not allow.
  return safe(String(part)).replace(/[&<>"']/g, (char) => ENTITIES[char]!);
}
