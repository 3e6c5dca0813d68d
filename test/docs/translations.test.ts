import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');
const TRANSLATIONS = ['', 'docs/']
  .flatMap((folder) => readdirSync(path.join(ROOT, folder)).map((file) => `${folder}${file}`))
  .filter((file) => file.endsWith('.zh-CN.md'));
/** Headings that are the same in every language. */
const NAMES = ['# emqx-blue-green'];

const originalOf = (translation: string) => translation.replace(/\.zh-CN\.md$/, '.md');
const translationOf = (original: string) => original.replace(/\.md$/, '.zh-CN.md');
const read = (document: string) => readFileSync(path.join(ROOT, document), 'utf8');

type Kind = 'heading' | 'block' | 'row' | 'item' | 'prose';

/** A block of code as a whole, or a line that is not in one. */
interface Part {
  line: number;
  kind: Kind;
  text: string;
}

function partsOf(text: string): Part[] {
  return [...text.matchAll(/^```[\s\S]*?^```$|^.+$/gm)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length,
    kind: kindOf(match[0]),
    text: match[0],
  }));
}

function kindOf(text: string): Kind {
  if (text.startsWith('```')) return 'block';
  if (/^#+ /.test(text)) return 'heading';
  if (text.startsWith('|')) return 'row';
  return /^\s*(-|\d+\.) /.test(text) ? 'item' : 'prose';
}

/** What a part has in common with its translation. */
function formOf({ kind, text }: Part): string {
  if (kind === 'block') return text;
  if (kind === 'heading') return text.replace(/ .*/, '');
  return kind === 'row' ? `row of ${text.split(/(?<!\\)\|/).length - 2} cells` : kind;
}

/** The first heading, block, row or item that a translation does not have as its original has it. */
function firstDifference(original: string, translation: string): { original: string; translation: string } | undefined {
  const [theirs = [], ours = []] = [original, translation].map((text) =>
    partsOf(text).filter(({ kind }) => kind !== 'prose'),
  );
  for (let index = 0; index < Math.max(theirs.length, ours.length); index++) {
    const [their, our] = [theirs[index], ours[index]];
    if (their && our && formOf(their) === formOf(our)) continue;
    const within = their?.kind === 'block' && our?.kind === 'block' ? firstLineThatDiffers(their.text, our.text) : 0;
    return { original: lineOf(their, within), translation: lineOf(our, within) };
  }
  return undefined;
}

function firstLineThatDiffers(one: string, other: string): number {
  const others = other.split('\n');
  return one.split('\n').findIndex((line, index) => line !== others[index]);
}

function lineOf(part: Part | undefined, within: number): string {
  return part ? `line ${part.line + within}: ${part.text.split('\n')[within]}` : 'nothing more';
}

function linksOf(document: string): string[] {
  const prose = partsOf(read(document)).filter(({ kind, text }) => kind !== 'block' && text !== switchOf(document));
  return prose.flatMap(({ text }) => [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!));
}

/** The line that leads to the other language. */
function switchOf(document: string): string {
  const name = path.basename(document);
  return document.endsWith('.zh-CN.md')
    ? `[English](${originalOf(name)}) | 简体中文`
    : `English | [简体中文](${translationOf(name)})`;
}

/** A link in the translation: to pages that are translated it leads to the translation, whose headings have other anchors. */
function translatedLink(link: string, document: string): string {
  const [file = ''] = link.split('#');
  if (/^https?:/.test(link) || file.endsWith('.zh-CN.md')) return link;
  if (file === '') return '#';
  const target = translationOf(path.join(path.dirname(document), file));
  return existsSync(path.join(ROOT, target)) ? translationOf(file) : link;
}

const withoutAnchor = (link: string) => link.replace(/^(|.*\.zh-CN\.md)#.*/, (_, file: string) => file || '#');

describe.each(TRANSLATIONS)('%s', (translation) => {
  const original = originalOf(translation);

  test(`has the headings, blocks of code, rows of tables and items of lists of ${original}`, () => {
    expect(firstDifference(read(original), read(translation))).toBeUndefined();
  });

  test(`has the links of ${original}`, () => {
    const expected = linksOf(original).map((link) => translatedLink(link, original));
    expect(linksOf(translation).map(withoutAnchor).sort()).toEqual(expected.sort());
  });

  test('leads to the other language in its first lines, and back', () => {
    for (const document of [original, translation]) {
      expect(read(document).split('\n').slice(0, 4)).toContain(switchOf(document));
    }
  });

  test('is in Chinese', () => {
    const inWords = partsOf(read(translation)).filter(({ kind }) => ['heading', 'item', 'prose'].includes(kind));
    const foreign = inWords.filter(({ text }) => !/\p{Script=Han}/u.test(text) && !NAMES.includes(text));
    expect(foreign.map((part) => lineOf(part, 0))).toEqual([]);
  });
});

describe('a translation that lags behind', () => {
  const ORIGINAL =
    '# It\n\n## Use\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nText.\n\n```sh\nit run\nit stop\n```\n\n- One.\n';

  test.each([
    ['a heading of another level', '## Use', '### 用法', 'line 3: ## Use', 'line 3: ### 用法'],
    ['no such heading', '## Use\n\n', '', 'line 3: ## Use', 'line 3: | a | b |'],
    ['a row less', '| 1 | 2 |\n', '', 'line 7: | 1 | 2 |', 'line 10: ```sh'],
    ['a row with fewer cells', '| 1 | 2 |', '| 1 |', 'line 7: | 1 | 2 |', 'line 7: | 1 |'],
    ['another command in a block', 'it stop', 'it end', 'line 13: it stop', 'line 13: it end'],
    ['a block of another language', '```sh', '```bash', 'line 11: ```sh', 'line 11: ```bash'],
    ['an item less', '- One.\n', '', 'line 16: - One.', 'nothing more'],
    ['an item more', '- One.\n', '- 一。\n- 二。\n', 'nothing more', 'line 17: - 二。'],
  ])('is found: %s', (_, theirs, ours, original, translation) => {
    expect(firstDifference(ORIGINAL, ORIGINAL.replace(theirs, ours))).toEqual({ original, translation });
  });

  test('is not one that only says it in other words', () => {
    const translation = ORIGINAL.replace('Use', '用法').replace('Text.', '文字。\n文字。').replace('One', '一');
    expect(firstDifference(ORIGINAL, translation)).toBeUndefined();
  });
});
