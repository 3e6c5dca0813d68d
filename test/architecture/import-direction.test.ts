import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** The floors of the house, from the ground up. A room imports from floors below it only. */
const FLOORS: readonly (readonly string[])[] = [
  ['resource'],
  ['upgrade', 'constructs'],
  ['emqx', 'kubernetes', 'index'],
  ['simulator', 'pulumi'],
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
  picocolors: ['cli'],
};

const SOURCE = path.resolve(__dirname, '../../src');

interface Import {
  from: string;
  fromRoom: string;
  specifier: string;
  /** Undefined for a package. */
  toRoom: string | undefined;
}

function sourceFiles(): string[] {
  return readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
}

function roomOf(file: string): string {
  return file.split(path.sep)[0]!.replace(/\.ts$/, '');
}

function importsOf(file: string): Import[] {
  const text = readFileSync(path.join(SOURCE, file), 'utf8');
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName: specifier }) => {
    const target = path.relative(SOURCE, path.resolve(SOURCE, path.dirname(file), specifier));
    return {
      from: file,
      fromRoom: roomOf(file),
      specifier,
      toRoom: specifier.startsWith('.') ? roomOf(target) : undefined,
    };
  });
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
    for (const { specifier } of importsOf(file)) {
      if (!specifier.startsWith('.')) packages.add(specifier);
      else if (!specifier.endsWith('.json')) {
        const target = path.join(path.dirname(file), specifier.replace(/\.js$/, ''));
        files.push(existsSync(path.join(SOURCE, `${target}.ts`)) ? `${target}.ts` : path.join(target, 'index.ts'));
      }
    }
  }
  return packages;
}

test.each(['index.ts', 'pulumi/runtime.ts', 'cli/main.ts'])('%s needs no Pulumi package', (entry) => {
  const packages = packagesOf(entry);
  expect(packages.size).toBeGreaterThan(2);
  expect([...packages].filter((name) => name.startsWith('@pulumi/'))).toEqual([]);
});

test('no file is longer than 400 lines', () => {
  const long = sourceFiles()
    .map((file) => ({ file, lines: readFileSync(path.join(SOURCE, file), 'utf8').split('\n').length }))
    .filter(({ lines }) => lines > 400);
  expect(long).toEqual([]);
});
