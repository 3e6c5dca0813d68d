import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { EXIT } from '../../src/cli/exit';
import { define } from '../../src/cli/program';
import { run, TestShell } from './_shell';

const ROOT = path.resolve(__dirname, '../..');
/** Translations have the commands of their originals (test/docs/translations.test.ts). */
const DOCUMENTS = ['README.md', ...readdirSync(path.join(ROOT, 'docs')).map((file) => `docs/${file}`)].filter(
  (file) => file.endsWith('.md') && !file.endsWith('.zh-CN.md'),
);
const CLI = readFileSync(path.join(ROOT, 'docs/cli.md'), 'utf8');

/** The commands, none of which does anything. */
function inert(): Command {
  const program = define(new TestShell([]), () => undefined);
  for (const command of program.commands) command.action(() => undefined);
  return program;
}

/** The lines of a document that one types into a shell to run this program. */
function linesOf(document: string): string[] {
  const text = readFileSync(path.join(ROOT, document), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block!);
  return blocks.flatMap((block) => block.split('\n')).filter((line) => /^(npx )?emqx-blue-green /.test(line));
}

const typed = DOCUMENTS.flatMap((document) => linesOf(document).map((line) => [document, line] as const));

test.each(typed)('%s: `%s` is a command', async (_, line) => {
  const words = line
    .replace(/ *#.*| >.*/, '')
    .split(/\s+/)
    .slice(line.startsWith('npx') ? 2 : 1);
  await inert().parseAsync(words, { from: 'user' });
});

test('a command that is none is found', async () => {
  await expect(inert().parseAsync(['check', '--fix'], { from: 'user' })).rejects.toMatchObject({
    code: 'commander.unknownOption',
  });
});

describe('the help', () => {
  const helpOf = async (...words: string[]) => (await run(words)).out;
  const examplesIn = (help: string) => [...help.matchAll(/^ {2}emqx-blue-green (.*)$/gm)].map(([, line]) => line!);

  test.each(inert().commands.map((command) => command.name()))(
    'of %s has examples, each of which is a command',
    async (name) => {
      const help = await helpOf('help', name);
      expect(help).toBe(await helpOf(name, '--help'));
      const examples = examplesIn(help);
      expect(examples.length).toBeGreaterThan(0);
      for (const line of examples) {
        expect(line.split(' ')[0]).toBe(name);
        await inert().parseAsync(line.replace(/ >.*/, '').split(' '), { from: 'user' });
      }
    },
  );

  test('has one of each command in that of the program', async () => {
    const examples = examplesIn(await helpOf('help')).map((line) => line.split(' ')[0]);
    expect(examples).toEqual(inert().commands.map((command) => command.name()));
    expect(await helpOf('--help')).toBe(await helpOf('help'));
  });

  test('tells the default of each option that has one', async () => {
    const help = (await helpOf('help', 'upgrade')).replaceAll(/\s+/g, ' ');
    expect(help).toMatch(/--on-failure <what> .*?\(default: stop\)/);
    expect(help).toMatch(/--on-loss <what> .*?\(default: continue\)/);
  });
});

describe('docs/cli.md', () => {
  test('describes every command, and shows how it is typed', () => {
    const names = inert().commands.map((command) => command.name());
    const headings = [...CLI.matchAll(/^## ([a-z]+(?:, [a-z]+)*)$/gm)].flatMap(([, heading]) => heading!.split(', '));
    expect(headings).toEqual(names);
    const shown = linesOf('docs/cli.md').map((line) => line.split(' ')[1]);
    expect([...new Set(shown)].sort()).toEqual([...names].sort());
  });

  test('describes every option with all its names, and no other', () => {
    const flags = inert().commands.flatMap(({ options }) => options.map((option) => option.flags));
    const described = [...CLI.matchAll(/`((?:-\w, )?--[a-z-]+(?: <[^>]+>)?)`/g)].map(([, found]) => found!);
    expect(flags.filter((one) => !described.includes(one))).toEqual([]);
    const names = new Set([...flags.flatMap((one) => /--[\w-]+/.exec(one)![0]), '--help', '--version']);
    expect(described.map((one) => /--[\w-]+/.exec(one)![0]).filter((name) => !names.has(name))).toEqual([]);
  });

  test('tells the defaults that the options have', () => {
    const defaults = inert().commands.flatMap((command) =>
      command.options
        .filter((option) => option.defaultValue !== undefined)
        .map((option) => [option.flags, String(option.defaultValue)] as const),
    );
    const rows = CLI.split('\n').filter((line) => line.startsWith('|'));
    const untold = defaults.filter(
      ([flags, value]) => !rows.some((row) => row.includes(`\`${flags}\``) && row.includes(value)),
    );
    expect(untold).toEqual([]);
  });

  test('tells every exit code', () => {
    const told = [...CLI.matchAll(/^\| (\d) \|/gm)].map(([, code]) => Number(code));
    expect(told).toEqual(Object.values(EXIT));
  });
});
