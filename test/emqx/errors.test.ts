import { EmqxApiError } from '../../src/emqx';
import { readable } from '../../src/emqx/errors';

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

test('an error of a node names pod, path, words and codes', () => {
  const error = new EmqxApiError('emqx-0', '/api/v4/nodes', 200, 400, '["already_started"]');
  expect(error.message).toBe('emqx-0 declined /api/v4/nodes: ["already_started"] (HTTP 200, code 400)');
  expect([error.hasReason('already_started'), error.hasReason('not_started')]).toEqual([true, false]);
});
