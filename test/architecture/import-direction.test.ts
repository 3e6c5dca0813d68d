import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** The floors of the house, from the ground up. A room imports from floors below it only. */
const FLOORS: readonly (readonly string[])[] = [
  ['resource'],
  ['upgrade', 'constructs'],
  ['emqx', 'kubernetes', 'index'],
  ['handover'],
  ['simulator', 'pulumi', 'runner'],
  ['sandbox'],
  ['cli'],
];
/** Rooms that may import less than their floor allows. */
const ONLY: Readonly<Record<string, readonly string[]>> = {
  constructs: ['resource'],
  index: ['constructs', 'resource'],
};
/** Packages that only these rooms may load. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@pulumi/kubernetes': ['pulumi'],
  '@pulumi/pulumi': ['pulumi'],
  cdk8s: ['constructs', 'pulumi', 'sandbox'],
  'cdk8s-plus-27': ['constructs'],
  constructs: ['constructs'],
  mqtt: ['sandbox'],
  'mqtt-packet': ['emqx', 'sandbox'],
  'http-proxy-agent': ['kubernetes'],
  'https-proxy-agent': ['kubernetes'],
  'socks-proxy-agent': ['kubernetes'],
  ws: ['kubernetes', 'sandbox'],
  commander: ['cli'],
  'd3-array': ['cli'],
  'd3-scale': ['cli'],
  'd3-shape': ['cli'],
  'prom-client': ['runner'],
  picocolors: ['cli'],
};

const SOURCE = path.resolve(__dirname, '../../src');

interface Import {
  from: string;
  fromRoom: string;
  specifier: string;
  /** Undefined for a package. */
  toRoom: string | undefined;
  /** The file of src/ that is meant; undefined for a package, and for what is no TypeScript. */
  toFile?: string | undefined;
}

function sourceFiles(): string[] {
  return readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
}

function roomOf(file: string): string {
  return file.split(path.sep)[0]!.replace(/\.ts$/, '');
}

/** Everything a file imports, exports again, or takes types from. */
function specifiersOf(text: string): string[] {
  const specifiers: string[] = [];
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier && ts.isStringLiteralLike(specifier)) specifiers.push(specifier.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('', text, ts.ScriptTarget.Latest));
  return specifiers;
}

/** `ts.preProcessFile` would be shorter, but does not see `export type * as name from`. */
function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isExternalModuleReference(node)) return node.expression;
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  if (!ts.isCallExpression(node)) return undefined;
  const { expression: called } = node;
  const loads = called.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(called) && called.text === 'require');
  return loads ? node.arguments[0] : undefined;
}

function importsOf(file: string): Import[] {
  return specifiersOf(readFileSync(path.join(SOURCE, file), 'utf8')).map((specifier) => {
    const target = path.join(path.dirname(file), specifier);
    // The package's own description lies outside of all rooms.
    const isOurs = specifier.startsWith('.') && path.basename(specifier) !== 'package.json';
    return {
      from: file,
      fromRoom: roomOf(file),
      specifier,
      toRoom: isOurs ? roomOf(target) : undefined,
      toFile: isOurs ? fileOf(target) : undefined,
    };
  });
}

function fileOf(target: string): string | undefined {
  const bare = target.replace(/\.js$/, '');
  return [`${bare}.ts`, path.join(bare, 'index.ts')].find((file) => existsSync(path.join(SOURCE, file)));
}

function complaint({ from, fromRoom, specifier, toRoom }: Import): string | undefined {
  if (toRoom === undefined) {
    const owners = PACKAGES[specifier];
    return owners && !owners.includes(fromRoom)
      ? `${from} loads ${specifier}: only ${owners.join(', ')} may`
      : undefined;
  }
  if (toRoom === fromRoom) return undefined;
  const floor = (room: string) => FLOORS.findIndex((rooms) => rooms.includes(room));
  if (floor(fromRoom) < 0) return `${from} is in no known room`;
  if (ONLY[fromRoom] && !ONLY[fromRoom].includes(toRoom)) return `${from} imports ${specifier}: ${fromRoom} may not`;
  if (floor(toRoom) >= floor(fromRoom)) return `${from} imports ${specifier}: ${toRoom} is not below ${fromRoom}`;
  return undefined;
}

test('a room imports only from the floors below it', () => {
  const imports = sourceFiles().flatMap(importsOf);
  expect(imports.length).toBeGreaterThan(50);
  expect(imports.flatMap((one) => complaint(one) ?? [])).toEqual([]);
});

test('the check itself sees an import upwards, sideways, and of a package of another room', () => {
  const wrong: Import[] = [
    { from: 'upgrade/run.ts', fromRoom: 'upgrade', specifier: '../emqx', toRoom: 'emqx' },
    { from: 'emqx/client.ts', fromRoom: 'emqx', specifier: '../kubernetes', toRoom: 'kubernetes' },
    { from: 'constructs/x.ts', fromRoom: 'constructs', specifier: '../upgrade', toRoom: 'upgrade' },
    { from: 'upgrade/run.ts', fromRoom: 'upgrade', specifier: 'cdk8s', toRoom: undefined },
  ];
  expect(wrong.map(complaint)).not.toContain(undefined);
});

/** All that a file loads, at once or when it is needed. */
function packagesOf(entry: string): Set<string> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  for (const files = [entry]; files.length > 0; ) {
    const file = files.pop()!;
    if (seen.has(file)) continue;
    seen.add(file);
    for (const { specifier, toRoom, toFile } of importsOf(file)) {
      if (toRoom === undefined) packages.add(specifier);
      else if (toFile !== undefined) files.push(toFile);
    }
  }
  return packages;
}

test.each(['index.ts', 'pulumi/runtime.ts', 'cli/main.ts'])('%s needs no Pulumi package', (entry) => {
  const packages = packagesOf(entry);
  expect(packages.size).toBeGreaterThan(2);
  expect([...packages].filter((name) => name.startsWith('@pulumi/'))).toEqual([]);
});

/** What each file imports. */
type Graph = ReadonlyMap<string, readonly string[]>;

/** For each file that is in a circle a shortest one, written as `a.ts → b.ts → a.ts`. */
function circlesOf(graph: Graph): string[] {
  const circles = [...graph.keys()].flatMap((file) => shortestCircle(graph, file) ?? []);
  return [...new Set(circles)].sort();
}

function shortestCircle(graph: Graph, start: string): string | undefined {
  const seen = new Set<string>();
  const paths = [[start]];
  for (const files of paths) {
    for (const next of graph.get(files.at(-1)!) ?? []) {
      if (next === start) return written(files);
      if (!seen.has(next)) paths.push([...files, next]);
      seen.add(next);
    }
  }
  return undefined;
}

/** The same text wherever one begins. */
function written(circle: readonly string[]): string {
  const first = circle.indexOf([...circle].sort()[0]!);
  return [...circle.slice(first), ...circle.slice(0, first), circle[first]].join(' → ');
}

test('no files import each other in a circle, not even types', () => {
  const graph = new Map(sourceFiles().map((file) => [file, importsOf(file).flatMap(({ toFile }) => toFile ?? [])]));
  expect([...graph.values()].flat().length).toBeGreaterThan(1000);
  expect(circlesOf(graph)).toEqual([]);
});

test('the check itself names the files of each circle', () => {
  const graph = new Map([
    ['d.ts', ['b.ts']],
    ['c.ts', ['a.ts']],
    ['b.ts', ['c.ts', 'e.ts']],
    ['a.ts', ['b.ts']],
    ['e.ts', ['e.ts']],
  ]);
  expect(circlesOf(graph)).toEqual(['a.ts → b.ts → c.ts → a.ts', 'e.ts → e.ts']);
});

test.each([
  "import './a';",
  "import type { A } from './a';",
  "import { type A } from './a';",
  "import type * as all from './a';",
  "import a = require('./a');",
  "export { A } from './a';",
  "export type { A } from './a';",
  "export type * from './a';",
  "export type * as all from './a';",
  "type A = import('./a').A;",
  "type A = Promise<typeof import('./a')>;",
  "const a = () => import('./a');",
  "const a = require('./a');",
])('%s is an import', (text) => {
  expect(specifiersOf(text)).toEqual(['./a']);
});

test('no file is longer than 400 lines', () => {
  const long = sourceFiles()
    .map((file) => ({ file, lines: readFileSync(path.join(SOURCE, file), 'utf8').split('\n').length }))
    .filter(({ lines }) => lines > 400);
  expect(long).toEqual([]);
});
