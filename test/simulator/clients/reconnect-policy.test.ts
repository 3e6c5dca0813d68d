import {
  afterConnection,
  afterFailure,
  connected,
  doubling,
  FRESH,
  mqttJsReconnect,
  type ReconnectPolicy,
} from '../../../src/simulator/clients/reconnect-policy';
import { Random } from '../../../src/simulator/random';

const base: ReconnectPolicy = {
  tcpTimeoutMs: 30_000,
  connackTimeoutMs: 30_000,
  afterConnectionMs: [100, 200],
  afterFailureMs: [1000, 2000],
  resubscribes: true,
};

/**
 * What a client does, event by event: `+N` connected for N ms, then closed; `d` then disconnected; a reason of refusal. Of each
 * the wait or the ending, and `'` where the next CONNECT is as MQTT 3.1.
 */
function outcomes(policy: ReconnectPolicy, events: string): string {
  const state = { ...FRESH };
  const random = new Random(1);
  let now = 0;
  const results = events.split(' ').map((event) => {
    const [, how, ms] = /^([+d])(\d+)$/.exec(event) ?? [];
    if (how === undefined) return afterFailure(policy, state, event as 'rc3', random);
    connected(policy, state, now);
    now += Number(ms);
    return afterConnection(policy, state, how === 'd' ? 'disconnect' : 'close', now, random);
  });
  return results.join(' ') + (state.isMqtt31 ? " '" : '');
}

describe('a reconnect policy', () => {
  test.each<[string, Partial<ReconnectPolicy>, string, string]>([
    [
      'waits by the number of connections and of failures',
      {},
      '+1 rc3 rc3 timeout +1 tcp-refused +1',
      '100 1000 2000 2000 200 1000 200',
    ],
    ['waits at first as after a connection', {}, 'rc3 rc3 +1', '100 1000 100'],
    [
      'continues its back-off after a short connection',
      { resetAfterMs: 500 },
      '+1 +499 +499 rc3 +500 rc3',
      '100 1000 2000 2000 200 1000',
    ],
    ['ends at a DISCONNECT, not at a close', { ends: { atDisconnect: true } }, '+1 d1', '100 disconnect'],
    ['ends at a close, not at a DISCONNECT', { ends: { atClose: true } }, 'd1 +1', '100 close'],
    [
      'ends at any refusal, at nothing else',
      { ends: { atRefusal: 'any' } },
      '+1 timeout tcp-refused 0x97',
      '100 1000 2000 refusal',
    ],
    ['ends at some refusals', { ends: { atRefusal: ['0x9C'] } }, '+1 0x97 0x88 0x9C', '100 1000 2000 refusal'],
    ['ends at the first refusal of its life', { ends: { atFirstRefusal: true } }, '0x9C', 'first-refusal'],
    ['does not when it was connected before', { ends: { atFirstRefusal: true } }, '+1 0x9C', '100 1000'],
    [
      'ends after failures in a row',
      { ends: { afterFailures: 2 } },
      '+1 rc3 +1 rc3 timeout',
      '100 1000 200 1000 failures',
    ],
    ['sends each refused CONNECT again as MQTT 3.1', { asMqtt31: 'after-refusal' }, '+1 rc3 rc3 rc3', "100 0 1000 0 '"],
    ['does not where TCP was refused', { asMqtt31: 'after-refusal' }, '+1 tcp-refused timeout', '100 1000 2000'],
    ['alternates between the protocols', { asMqtt31: 'alternating' }, '+1 +1 +1 +1', '0 200 0 200'],
    ['alternates when refused', { asMqtt31: 'alternating' }, '+1 rc3 rc3 rc3 rc3', "0 1000 0 2000 0 '"],
  ])('%s', (_, given, events, expected) => {
    expect(outcomes({ ...base, ...given }, events)).toBe(expected);
  });

  const waits = (policy: ReconnectPolicy) => {
    const random = new Random(1);
    return Array.from({ length: 20_000 }, () => afterConnection(policy, { ...FRESH }, 'close', 0, random) as number);
  };

  test.each<[string, Partial<ReconnectPolicy>, number, number, number]>([
    ['plus up to', { jitter: { upToMs: 25 } }, 100, 125, 26],
    ['plus or minus', { jitter: { plusMinus: 0.25 } }, 75, 125, 51],
    ['full', { jitter: 'full' }, 0, 100, 101],
    ['full up to a limit', { jitter: 'full', mostMs: 60 }, 0, 60, 61],
  ])('with jitter %s waits whole milliseconds, all of them', (_, given, least, most, count) => {
    const seen = new Set(waits({ ...base, ...given }));
    expect([Math.min(...seen), Math.max(...seen), seen.size]).toEqual([least, most, count]);
  });

  it('doubles up to a limit', () => {
    expect(doubling(1000, 6000)).toEqual([1000, 2000, 4000, 6000]);
    expect(mqttJsReconnect(5, 2)).toMatchObject({ afterFailureMs: [5], jitter: { upToMs: 2 } });
  });
});
