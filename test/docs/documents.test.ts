import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { deadLinks } from '../../scripts/document-links';
import { checkInputs } from '../../src/pulumi/inputs';
import { readManifest } from '../../src/resource';
import { disconnected, mockEngine } from '../pulumi/_mocks';

const ROOT = path.resolve(__dirname, '../..');
const DOCUMENTS = [
  'README.md',
  'README.zh-CN.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(path.join(ROOT, 'docs')).map((file) => `docs/${file}`),
].filter((file) => file.endsWith('.md'));

interface Block {
  document: string;
  line: number;
  language: string;
  text: string;
}

function blocksOf(document: string): Block[] {
  const text = readFileSync(path.join(ROOT, document), 'utf8');
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    document,
    line: text.slice(0, match.index).split('\n').length,
    language: match[1]!,
    text: match[2]!,
  }));
}

/** Translations have the blocks of their originals (translations.test.ts): each is tried once. */
const blocks = DOCUMENTS.filter((document) => !document.endsWith('.zh-CN.md')).flatMap(blocksOf);
const of = (language: string): [string, Block][] =>
  blocks.filter((block) => block.language === language).map((block) => [`${block.document}:${block.line}`, block]);

describe('programs in the documents', () => {
  const programs = of('ts');
  const folder = path.join(ROOT, 'node_modules/.cache/documents');

  test('compile, all of them', () => {
    expect(programs.length).toBeGreaterThan(0);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const files = programs.map(([name, block]) => {
      const file = path.join(folder, `${name.replace(/\W/g, '-')}.ts`);
      writeFileSync(file, block.text);
      return file;
    });
    const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), ts.sys.readFile) as { config: object };
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
    const program = ts.createProgram(files, { ...options, skipLibCheck: true });
    const diagnostics = files.flatMap((file) => [...ts.getPreEmitDiagnostics(program, program.getSourceFile(file))]);
    expect(diagnostics.map((found) => ts.flattenDiagnosticMessageText(found.messageText, '\n'))).toEqual([]);
  });

  const isForPulumi = ([, { text }]: [string, Block]) => text.includes("'emqx-blue-green/pulumi'");

  test.each(programs.filter((program) => !isForPulumi(program)))('%s runs', (_name, { text }) => {
    const from = process.cwd();
    const workspace = mkdtempSync(path.join(tmpdir(), 'document-'));
    process.chdir(workspace);
    try {
      run(text);
      expect(readdirSync(workspace)).not.toEqual([]); // it is about manifests, and has written some
    } finally {
      process.chdir(from);
      rmSync(workspace, { recursive: true });
    }
  });

  test.each(programs.filter(isForPulumi))(
    '%s registers a cluster with nothing wrong in it',
    async (_name, { text }) => {
      const registered = mockEngine();
      run(text);
      await disconnected();
      const clusters = registered.filter(({ type }) => /emqx:E[E5]$/.test(type));
      expect(clusters).toHaveLength(1);
      expect(checkInputs({}, clusters[0]!.inputs)).toEqual([]);
    },
  );
});

function run(program: string): void {
  const { outputText } = ts.transpileModule(program, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  new Function('require', 'exports', outputText)((name: string) => jest.requireActual(name), {});
}

test.each(of('sh'))('%s: the commands exist', (_name, { text }) => {
  const { scripts, devDependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  for (const [, script] of text.matchAll(/npm run ([\w:-]+)/g)) expect(Object.keys(scripts)).toContain(script);
  if (/npm test/.test(text)) expect(Object.keys(scripts)).toContain('test');
  if (/npx cdk8s/.test(text)) expect(Object.keys(devDependencies)).toContain('cdk8s-cli');
  // What a document has its reader write is there afterwards.
  const written = [...of('sh')].flatMap(([, block]) =>
    [...block.text.matchAll(/> (\S+\.ya?ml)/g)].map(([, file]) => file),
  );
  for (const [, file] of text.matchAll(/-f (\S+\.ya?ml)/g)) {
    expect(written.includes(file!) || existsSync(path.join(ROOT, file!))).toBe(true);
  }
});

test.each(of('yaml').filter(([, { text }]) => text.includes('kind: EmqxEnterprise\nmetadata')))(
  '%s: the cluster is sound',
  (name, { text }) => expect(() => readManifest(text, name)).not.toThrow(),
);

test.each(DOCUMENTS)('%s: every link leads somewhere', (document) => {
  expect(deadLinks(ROOT, document)).toEqual([]);
});
