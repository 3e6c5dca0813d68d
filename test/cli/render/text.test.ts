import { bar, count, cutTo, json, safe, table, time, wrap } from '../../../src/cli/render/text';

test.each([
  ['emqx-blue-0', 'emqx-blue-0'],
  ['Gerät 7 → ✓', 'Gerät 7 → ✓'],
  ['\u001b[2J\u001b]0;x\u0007', '\\u{1b}[2J\\u{1b}]0;x\\u{7}'],
  ['a\nb\r\tc', 'a\\u{a}b\\u{d}\\u{9}c'],
  ['\u009b31m', '\\u{9b}31m'],
  ['safe\u202egnp.exe', 'safe\\u{202e}gnp.exe'],
])('what a terminal would obey is escaped: %j', (text, shown) => {
  expect(safe(text)).toBe(shown);
});

test.each([
  ['\u001b[2J', '"\\u001b[2J"'],
  ['\u009b31m \u007f', '"\\u009b31m \\u007f"'],
  ['a\u2028b \u202egnp.exe', '"a\\u2028b \\u202egnp.exe"'],
  ['a\nb "ü" \\', '"a\\nb \\"ü\\" \\\\"'],
])('JSON of %j has nothing that a terminal would obey, and means the same', (text, shown) => {
  expect(json(text)).toBe(shown);
  expect(JSON.parse(json({ text }, 2))).toEqual({ text });
  expect(json({ text }, 2).split('\n')).toHaveLength(3);
});

test.each([
  [0, '0 ms'],
  [850.4, '850 ms'],
  [1_000, '1 s'],
  [57_060, '57.1 s'],
  [59_949, '59.9 s'],
  [59_950, '1 min 00 s'],
  [185_000, '3 min 05 s'],
  [3_599_400, '59 min 59 s'],
  [7_800_000, '2 h 10 min'],
])('%d ms are %s', (ms, text) => {
  expect(time(ms)).toBe(text);
});

test('counts have commas', () => {
  const numbers = [0, 999, 1_000, 1_234_567.6, -1_234, -0.4];
  expect(numbers.map(count)).toEqual(['0', '999', '1,000', '1,234,568', '-1,234', '0']);
});

test.each([
  [0, 10, '░░░░░░░░░░'],
  [10, 10, '██████████'],
  [5, 10, '█████░░░░░'],
  [1, 10_000, '█░░░░░░░░░'],
  [9_999, 10_000, '█████████░'],
  [12, 10, '██████████'],
  [0, 0, '░░░░░░░░░░'],
])('a bar of %d of %d', (part, whole, text) => {
  expect(bar(part, whole, 10)).toBe(text);
});

test('what is too long is cut, or broken between words', () => {
  expect([cutTo('abcdef', 6), cutTo('abcdef', 4), cutTo('abc', 0)]).toEqual(['abcdef', 'abc…', '…']);
  expect(wrap('one two three four five six', 20)).toEqual(['one two three four', 'five six']);
  expect(wrap('x'.repeat(45), 20)).toEqual(['x'.repeat(20), 'x'.repeat(20), 'xxxxx']);
  expect(wrap('', 20)).toEqual(['']);
});

test('a table has its first column on the left, the others on the right', () => {
  expect(
    table([
      ['pod', 'n'],
      ['emqx-0', '1,000'],
      ['e', '7'],
    ]),
  ).toEqual(['pod         n', 'emqx-0  1,000', 'e           7']);
});
