/** Words from elsewhere, which become a part of a sentence. */
export function oneLine(text: string): string {
  return text.slice(0, 300).replace(/\s+/g, ' ');
}
