import { readable } from '../../../src/emqx/v4/dialect';

describe('readable', () => {
  test.each([
    ['[69,114,114]', 'Err'],
    [`[69,114,114,111,114,32,"'node'"]`, 'Error '],
    ['["already_started"]', '["already_started"]'],
    ['[1]', '[1]'],
    ['[55357,56832]', '😀'],
    ['[1114112]', '[1114112]'],
    ['Not found.', 'Not found.'],
    ['', ''],
  ])('%s', (message, text) => {
    expect(readable(message)).toBe(text);
  });

  test('cuts after 500 characters', () => {
    expect(readable('x'.repeat(501))).toBe(`${'x'.repeat(500)}…`);
    expect(readable(`[${Array(2_000).fill(120).join(',')}]`)).toBe(`${'x'.repeat(500)}…`);
  });
});
