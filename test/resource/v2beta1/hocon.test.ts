import fc from 'fast-check';
import { hoconAt, readHocon } from '../../../src/resource/v2beta1/hocon';

function outcomeOf(text: string): unknown {
  const read = readHocon(text);
  return 'value' in read ? read.value : read.problem;
}

test.each([
  ['', {}],
  ['# nothing\n\n', {}],
  ['a = 1', { a: '1' }],
  ['a : 1, b : "x y"', { a: '1', b: 'x y' }],
  ['a.b.c = x\na.b { d = y }', { a: { b: { c: 'x', d: 'y' } } }],
  ['a { b = 1 # of b\n // and c\n c = [1, "2", {d = 3}]\n}', { a: { b: '1', c: ['1', '2', { d: '3' }] } }],
  ['a = 1\na = 2', { a: '2' }],
  ['a = {b = 1}\na = {c = 2}', { a: { b: '1', c: '2' } }],
  [
    'a = true\nb = null\nc = 5s\nd = 1.5\ne = 100MB\nf = 80%',
    { a: 'true', b: null, c: '5s', d: '1.5', e: '100MB', f: '80%' },
  ],
  ['a = /etc/x.pem\nb = emqx.io\nc = x y', { a: '/etc/x.pem', b: 'emqx.io', c: 'x y' }],
  ['a = """SELECT *\nFROM "t/#\\""""', { a: 'SELECT *\nFROM "t/#\\"' }],
  ['a = "x\\"y\\n"', { a: 'x"y\n' }],
  ['"a.b" = 1', { 'a.b': '1' }],
  ['a = [\n 1\n 2\n]', { a: ['1', '2'] }],
  ['a = [ # why\n 1,\n # and\n 2]', { a: ['1', '2'] }],
  ['a = "0.0.0.0:1883"\r\nb = 2', { a: '0.0.0.0:1883', b: '2' }],
  ['// https://example.com `x` /*\na = 1', { a: '1' }],
])('%j is read', (text, expected) => {
  expect(outcomeOf(text)).toEqual(expected);
});

// What the operator's reader makes of each was tried with github.com/rory-z/go-hocon v1.2.15-1.
test.each([
  ['{ a = 1 }', 1, 1, 'a brace around the whole text'], // sound alone; the operator puts lines before it
  ['[1]', 1, 1, 'a brace around the whole text'],
  ['a {\n b = 1\n', 1, 3, 'a brace that is never closed'],
  ['a = 1 }', 1, 7, 'a closing brace too many'],
  ['a = [1, 2', 1, 5, 'a bracket that is never closed'],
  ['a = 1 b = 2', 1, 9, 'a character (=)'],
  ['a = {b = 1} c = 2', 1, 13, 'something after the value'],
  ['a = 0.0.0.0:1883', 1, 12, 'a character (:)'],
  ['a = http://x', 1, 9, 'a character (:)'],
  ['a = 10.0.0.1', 1, 5, 'a number that the operator cannot read'],
  ['a = 1.5MB', 1, 5, 'a number that the operator cannot read'],
  ['a = 0x10', 1, 5, 'a number that the operator cannot read'],
  ['a = 9223372036854775808', 1, 5, 'a number that the operator cannot read'],
  ['a = $\u007bX}', 1, 5, 'a substitution'],
  ['a = "x"$\u007b?X}', 1, 8, 'a substitution'], // brings the operator down
  ['include "x.conf"', 1, 1, 'include'],
  ['a.include = 1', 1, 3, 'include'],
  ['a = [\n 1 # one\n 2\n]', 2, 4, 'a comment in a list'],
  ['a = [\n # none\n]', 3, 1, 'a comment in a list'],
  ['# see https://example.com\na = 1', 1, 13, 'a comment with //'], // the next line is lost
  ['# the `x`\na = 1', 1, 7, 'a comment with `'],
  ['# /etc/*\na = 1', 1, 7, 'a comment with /*'],
  ['a = "x', 1, 5, 'text that is never closed'],
  ['a = "x\ny"', 1, 5, 'text that is never closed'],
  ['a = """x', 1, 5, 'text that is never closed'],
  ['a =', 1, 1, 'a name without a value'],
  ['a', 1, 1, 'a name without an equals sign'],
  ['a b = 1', 1, 1, 'a name without an equals sign'],
  ['= 1', 1, 1, 'no name of a setting'],
  ['a..b = 1', 1, 3, 'no name of a setting'],
  ['1a = 1', 1, 1, 'no name of a setting'],
  ['"#" = 1', 1, 1, 'a name of one character'],
  ['a += 1', 1, 3, 'an addition to a list'],
  ['a = 1,, b = 2', 1, 7, 'a second comma'],
  ['a = [1,, 2]', 1, 8, 'a second comma'],
  ['a = [, 1]', 1, 6, 'a comma without a value'],
])('%j is refused at line %d, column %d: %s', (text, line, column, what) => {
  expect(outcomeOf(text)).toEqual({
    line,
    column,
    what: expect.stringContaining(what) as string,
    fix: expect.any(String) as string,
  });
});

test('a name of a prototype is a name', () => {
  const read = readHocon('__proto__.a = 1\nconstructor = 2');
  const value = 'value' in read ? read.value : undefined;
  expect(hoconAt(value, ['__proto__', 'a'])).toBe('1');
  expect(hoconAt(value, ['constructor'])).toBe('2');
  expect(hoconAt({}, ['toString'])).toBeUndefined();
});

test('whatever the text, it is read or refused, and its problem never quotes more than a character', () => {
  const piece = fc.constantFrom(...'{}[]"=:,#\n `$/*+\\.aé1'.split(''), '"""', '//', 'secret');
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 40 }).map((parts) => parts.join('')),
      (text) => {
        const read = readHocon(text);
        if ('problem' in read) expect(JSON.stringify(read.problem)).not.toContain('secret');
      },
    ),
    { numRuns: 2000 },
  );
});
