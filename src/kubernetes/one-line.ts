/** A foreign message in one line, for use inside a sentence. */
export function oneLine(text: string): string {
  return text.slice(0, 300).replace(/\s+/g, ' ');
}
