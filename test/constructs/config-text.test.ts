import fc from 'fast-check';
import { configTextOf } from '../../src/constructs/_config-text';
import { type HoconValue, readHocon } from '../../src/resource/v2beta1/hocon';

const name = fc.oneof(
  fc.constantFrom('a', 'listeners', 'include', '1', 'x y', 'é', '', '__proto__'),
  fc.string({ maxLength: 5 }),
);
const leaf = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }),
  fc.boolean(),
  fc.constant(null),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 3 }),
  ),
}));

/** As it is read: every scalar but null is text, and dots in names are paths. */
function asRead(given: unknown): HoconValue {
  if (given === null) return null;
  if (Array.isArray(given)) return given.map(asRead);
  if (typeof given !== 'object') return typeof given === 'number' ? JSON.stringify(given) : String(given);
  return Object.fromEntries(Object.entries(given).map(([key, field]) => [key, asRead(field)]));
}

/** Dots in a name make it a path, and the operator takes no name of one such character. */
const isSpecial = (name: string) => name.includes('.') || /^[$"{}[\]:=,+#`^?!@*&\\()]$/.test(name);

const hasPath = (given: unknown): boolean =>
  typeof given === 'object' &&
  given !== null &&
  Object.entries(given).some(([key, field]) => (!Array.isArray(given) && isSpecial(key)) || hasPath(field));

test('whatever an object holds, its text is read as the same', () => {
  fc.assert(
    fc.property(fc.dictionary(name, value, { maxKeys: 4 }), (config) => {
      fc.pre(!hasPath(config));
      expect(readHocon(configTextOf(config as never, {}) ?? '')).toEqual({ value: asRead(config) });
    }),
    { numRuns: 2000 },
  );
});

test.each([
  [undefined, {}, undefined],
  [{}, {}, undefined],
  ['', {}, undefined],
  ['a = 1\n\n', {}, 'a = 1\n'],
  [{ 'a.b': 1, c: { d: [] }, e: {} }, {}, 'a.b = 1\nc {\n  d = []\n}\ne {}\n'],
  [{ a: ['x', 1, { b: true }] }, {}, 'a = [\n  "x",\n  1,\n  {\n    b = true\n  }\n]\n'],
  [{ 'x y.1': 1 }, {}, '"x y"."1" = 1\n'],
  ['a = 1', { 'b.c': 2 }, 'a = 1\nb.c = 2\n'],
])('of %j and %j', (config, own, text) => {
  expect(configTextOf(config, own)).toBe(text);
});
