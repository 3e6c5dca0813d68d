import { EmqxApiError } from '../../src/emqx';

test('an error of a node names pod, path, words and codes', () => {
  const error = new EmqxApiError('emqx-0', '/api/v4/nodes', 200, 400, '["already_started"]');
  expect(error.message).toBe('emqx-0 declined /api/v4/nodes: ["already_started"] (HTTP 200, code 400)');
  expect([error.hasReason('already_started'), error.hasReason('not_started')]).toEqual([true, false]);
});
