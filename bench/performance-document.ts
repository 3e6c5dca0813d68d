import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const FILE = path.resolve(__dirname, '../docs/performance.md');

const HEAD = `# Performance

What \`npm run bench\` printed last: generated, part by part. All figures are of one machine, which did other things meanwhile; ratios are of
runs in turn, on the same machine. CPU is user and system time of a process with all its threads.
`;

/** docs/performance.md: a section for each part of the benchmark, which is what that part printed when it was run last. */
export class PerformanceDocument {
  private readonly texts: Map<string, string>;

  /** @param parts in their order */
  constructor(private readonly parts: readonly { name: string; title: string }[]) {
    const text = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '';
    const sections = text.matchAll(/^`npm run bench -- (\w+)`.*\n\n```text\n([\s\S]*?)\n```$/gm);
    this.texts = new Map([...sections].map(([section, name]) => [name!, section]));
  }

  /** Replaces the section of a part. */
  write(name: string, lines: readonly string[]): void {
    const [major] = process.versions.node.split('.');
    const text = lines.join('\n').trim();
    this.texts.set(name, `\`npm run bench -- ${name}\`, on Node ${major}:\n\n\`\`\`text\n${text}\n\`\`\``);
    const sections = this.parts.flatMap((part) => {
      const section = this.texts.get(part.name);
      return section === undefined ? [] : [`## ${part.title}\n\n${section}\n`];
    });
    writeFileSync(FILE, [HEAD, ...sections].join('\n'));
  }
}
