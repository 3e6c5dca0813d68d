import { fromJson } from '../../../../../src/simulator/emqx/http/erlang';
import { type InvalidStart, parseStartV5 } from '../../../../../src/simulator/emqx/http/v5/start-options';

const NODES = {
  isKnown: (name: string) => ['a@b', 'down@b', 'emqx'].includes(name),
  available: (names: readonly string[]) => names.filter((name) => name === 'a@b'),
};

const DEFAULTS = {
  waitHealthCheckSeconds: 60,
  connectionEvictionRate: 500,
  sessionEvictionRate: 500,
  waitTakeoverSeconds: 60,
};

describe('the body of evacuation/start', () => {
  test('may be missing', () => {
    expect(parseStartV5(undefined, NODES)).toEqual(DEFAULTS);
  });

  test.each<[string, object]>([
    ['{}', {}],
    ['{"conn_evict_rate":"10"}', { connectionEvictionRate: 10 }],
    ['{"sess_evict_rate":null,"wait_takeover":null}', {}],
    ['{"wait_health_check":0,"wait_takeover":0}', { waitHealthCheckSeconds: 0, waitTakeoverSeconds: 0 }],
    ['{"wait_health_check":"5"}', { waitHealthCheckSeconds: 5 }],
    ['{"wait_health_check":"500ms"}', { waitHealthCheckSeconds: 1 }],
    ['{"wait_health_check":"1.5s"}', { waitHealthCheckSeconds: 2 }],
    ['{"wait_takeover":"1m30s"}', { waitTakeoverSeconds: 90 }],
    ['{"wait_takeover":4294967}', { waitTakeoverSeconds: 4_294_967 }],
    ['{"redirect_to":"a:1"}', {}],
    ['{"migrate_to":["a@b"]}', { migrateTo: ['a@b'] }],
  ])('%s', (body, expected) => {
    expect(parseStartV5(fromJson(body), NODES)).toEqual({ ...DEFAULTS, ...expected });
  });

  test.each<[string, string, string?]>([
    [
      '{"conn_evict_rate":0}',
      '{"value":0,"reason":{"expected":"pos_integer()"},"path":"root.conn_evict_rate","kind":"validation_error"}',
    ],
    [
      '{"wait_takeover":4294968}',
      '{"value":4294968,"reason":"timeout value too large (max: 4294967 s)","path":"root.wait_takeover","kind":"validation_error"}',
    ],
    [
      '{"wait_takeover":1.5}',
      '{"value":1.5,"reason":{"expected":"emqx_schema:timeout_duration_s()"},"path":"root.wait_takeover","kind":"validation_error"}',
    ],
    [
      '{"foo":1}',
      '{"unmatched":"conn_evict_rate,migrate_to,...","unknown":"foo","reason":"unknown_fields","path":"root","kind":"validation_error"}',
    ],
    ['{"migrate_to":["x@y"]}', 'Invalid nodes: [<<"x@y">>]'],
    ['{"migrate_to":["a@b","down@b"]}', 'Nodes unavailable: [down@b]', 'NOT_FOUND'],
    ['{"migrate_to":["emqx"]}', 'Nodes unavailable: [emqx]', 'NOT_FOUND'],
  ])('%s is refused', (body, message, code = 'BAD_REQUEST') => {
    expect(() => parseStartV5(fromJson(body), NODES)).toThrow(
      expect.objectContaining<Partial<InvalidStart>>({ message, code: code as InvalidStart['code'] }),
    );
  });

  test('several problems are an array', () => {
    expect(() => parseStartV5({ conn_evict_rate: 0, sess_evict_rate: -1 }, NODES)).toThrow(
      /^\[\{.*conn_evict_rate.*sess_evict_rate/,
    );
  });
});
