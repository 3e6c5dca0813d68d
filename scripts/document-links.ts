import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Links of a Markdown document to files or headings that are not below `root`; links to the Internet are left out. */
export function deadLinks(root: string, document: string): string[] {
  const text = readFileSync(path.join(root, document), 'utf8');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [file, anchor] = link.split('#') as [string, string | undefined];
    const target = path.join(root, file === '' ? document : path.join(path.dirname(document), file));
    return !existsSync(target) || (anchor !== undefined && !anchorsIn(target).includes(anchor));
  });
}

/** The anchors that GitHub and npm make of the headings of a Markdown file. */
export function anchorsIn(file: string): string[] {
  const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map((match) => match[1]!);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
}
