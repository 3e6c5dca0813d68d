import { spawnSync } from 'node:child_process';
import { ResourceError } from '../../src/resource';
import { manifestObjects } from '../../src/resource/manifest-objects';

/** What kubectl 1.32 reads, by the same program that is run below where there is one. */
const READ: readonly (readonly [text: string, value: unknown])[] = [
  ...['y', 'Y', 'yes', 'YES', 'on', 'On', 'true', 'TRUE', '!!bool "yes"'].map((text) => [text, true] as const),
  ...['n', 'No', 'off', 'False', '!!bool off'].map((text) => [text, false] as const),
  ...['~', 'null', 'NULL', '', '&a', '!!null ""'].map((text) => [text, null] as const),
  ...['10', '+10', '012', '0o12', '0O12', '0xA', '0XA', '0b1010', '0B10_10', '1_0'].map((text) => [text, 10] as const),
  ...['-10', '-012', '-0o12', '-0xa', '-0b1010'].map((text) => [text, -10] as const),
  ['08', 8],
  ['0o8', '0o8'],
  ['0', 0],
  ['1.', 1],
  ['1.10', 1.1],
  ['.5', 0.5],
  ['+.5', 0.5],
  ['.5_0', 0.5],
  ['1e3', 1000],
  ['1E+3', 1000],
  ['6.85_1e+2', 685.1],
  ['1e400', '1e400'],
  // Text, though YAML 1.1 has other things of this form.
  ...['tRUE', 'nULL', '12:30', '1:2:3', '-1:30', '2024-01-01', '2024-01-01T00:00:00Z', '4.4.14', 'v4.4.14'].map(
    (text) => [text, text] as const,
  ),
  ...['e5', 'E5', 'e+5', '.', '..', '.e1', '0x', '0b', '0b2', '1e', '_1', 'inf', 'NaN', '='].map(
    (text) => [text, text] as const,
  ),
  ["'it''s'", "it's"],
  ['"\\x41\\u00e9"', 'Aé'],
  ['!!str 12', '12'],
  ['!!str true', 'true'],
  ['!!str', ''],
  ['! 12', '12'],
  ['!!int "12"', 12],
  ['!!int 0o12', 10],
  ['!<tag:yaml.org,2002:int> 12', 12],
  ['!!float 3', 3],
  ['!!timestamp 2026-01-01', '2026-01-01'],
  ['!!binary aGk=', 'hi'],
  ['!!binary ""', ''],
  ['!foo bar', 'bar'],
  ['!foo 12', '12'],
  ['!foo true', 'true'],
  ['!!foo 12', '12'],
  ['!foo [1]', [1]],
  ['!foo {a: 1}', { a: 1 }],
  ['!!set {a, b}', { a: null, b: null }],
  ['!!omap [a: 1]', [{ a: 1 }]],
  ['!!pairs [a: 1]', [{ a: 1 }]],
  [
    '{1: a, true: b, 1.50: c, 0o12: d, !!binary aGk=: e, 2024-01-01: f}',
    { 1: 'a', true: 'b', 1.5: 'c', 10: 'd', hi: 'e', '2024-01-01': 'f' },
  ],
  ['{<<: [{a: 1}, {b: 2}], b: 3}', { a: 1, b: 3 }],
  ['{b: &x 0o12, c: *x}', { b: 10, c: 10 }],
];

/** What kubectl does not read. */
const REFUSED = [
  '!!int 1.5',
  '!!int x',
  '!!float x',
  '!!bool 1',
  '!!null x',
  '!!timestamp x',
  '!!binary "a b"',
  '!!binary aGk',
  '.inf',
  '-.INF',
  '.NaN',
  '{~: a}',
  '{null: a}',
  '{? [a] : b}',
  '{? {a: 1} : b}',
  '*nope',
  '@a',
  '%a',
];

const manifest = (text: string) =>
  `kind: Anything\napiVersion: example.com/v1\nmetadata: {name: a}\nspec:\n  value: ${text}\n`;

function specValueOf(object: unknown): unknown {
  return (object as { spec: { value: unknown } }).spec.value;
}

test.each(READ)('%j is read as %j', (text, value) => {
  expect(manifestObjects(manifest(text), 'file').map(specValueOf)).toEqual([value]);
});

test.each(REFUSED)('%j is refused, by its place', (text) => {
  let caught: unknown;
  try {
    manifestObjects(manifest(text), 'file');
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(ResourceError);
  expect((caught as ResourceError).problems).toEqual([
    expect.objectContaining({ path: expect.stringMatching(/^(line 5, column \d+|document 1)$/), bound: 'YAML' }),
  ]);
});

/** kubectl reads it, and writes it as JSON; nothing is asked of a cluster. */
function asKubectl(text: string) {
  const { status, stdout } = spawnSync('kubectl', ['label', '--local', '-f', '-', 'a=b', '-o', 'json'], {
    input: manifest(text)
      .replace('kind: Anything\napiVersion: example.com/v1', 'kind: ConfigMap\napiVersion: v1')
      .replace('spec:', 'data:'),
    encoding: 'utf8',
  });
  return { status, stdout };
}

const isHere = asKubectl('a').status === 0;

(isHere ? describe : describe.skip)(`kubectl${isHere ? '' : ' (skipped: there is none on the PATH)'}`, () => {
  test('reads the same', () => {
    const read = READ.map(([text]) => {
      const { stdout } = asKubectl(text);
      return [text, stdout === '' ? undefined : (JSON.parse(stdout) as { data: { value: unknown } }).data.value];
    });
    expect(read).toEqual(READ.map(([text, value]) => [text, value]));
  });

  test('refuses the same', () => {
    expect(REFUSED.filter((text) => asKubectl(text).status === 0)).toEqual([]);
  });
});
