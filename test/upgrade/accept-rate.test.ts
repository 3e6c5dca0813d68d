import type { MqttListener } from '../../src/resource';
import { acceptedPerSecond, acceptRateCheck } from '../../src/upgrade/accept-rate';
import type { Journal } from '../../src/upgrade/journal';
import { targetOf } from '../../src/upgrade/target';
import { journal, request, restingScene, viewOf } from './fixtures';

/** Three nodes, whose Services publish these listeners. */
function cluster(...kinds: MqttListener[]) {
  const scene = restingScene();
  scene.traffic[0]!.listeners = kinds.map((kind, index) => ({ kind, port: 1_883 + index }));
  return { ...viewOf(scene), journal: undefined };
}

function checked(cap: number, kinds: MqttListener[], pacing?: 'adaptive') {
  const view = cluster(...kinds);
  return acceptRateCheck(view, targetOf(view, request({ stormCap: cap, ...(pacing && { pacing }) })));
}

test('a rate that the new nodes accept is not worth a word, nor one where nobody knows', () => {
  expect(checked(3_000, ['mqtt'])).toBeUndefined();
  expect(checked(1_500, ['mqtt', 'mqtts'])).toBeUndefined();
  expect(checked(100_000, [])).toBeUndefined();
});

test('a higher one is a warning, by the slowest listener', () => {
  expect(checked(3_001, ['mqtt'])).toEqual({
    status: 'warning',
    finding:
      'the new nodes accept 3000 connections/s by mqtt (3 × max_conn_rate 1000), but up to 3001 devices/s are disconnected: those that connect that way wait, or are refused',
    fix: expect.stringMatching(/^set a rate of at most 2700, nine tenths of that, /) as string,
  });
  expect(checked(1_501, ['mqtt', 'mqtts', 'ws'])).toMatchObject({
    status: 'warning',
    finding: expect.stringMatching(/accept 1500 connections\/s by mqtts \(3 × max_conn_rate 500\)/) as string,
  });
});

test('with an adaptive pace it is none: the highest rate is said', () => {
  expect(checked(5_000, ['mqtt'], 'adaptive')).toEqual({
    status: 'ok',
    finding:
      'the new nodes accept 3000 connections/s by mqtt (3 × max_conn_rate 1000), and the rate is raised to at most 2700/s',
  });
  expect(checked(5_000, ['mqtt', 'mqtts'], 'adaptive')?.finding).toMatch(
    /1500 connections\/s by mqtts .*, the rate follows what devices find, and is raised to at most 4050\/s: /,
  );
});

test('of the operator alone, which keeps no rate, nothing is said', () => {
  const view = cluster('mqtt');
  const target = targetOf(view, request({ stormCap: 5_000, driver: 'operator' }));
  expect(acceptRateCheck(view, { ...target, caps: { ...target.caps, connections: 5_000 } })).toBeUndefined();
});

test.each<[string, Partial<Journal>, string | undefined]>([
  ['was lowered', { connectionCap: 100 }, undefined],
  ['was raised', { connectionCap: 4_000 }, 'warning'],
  ['is adaptive', { connectionCap: 4_000, pacing: 'adaptive' }, 'ok'],
])('of an open run that %s its own rate and pace count', (_, change, status) => {
  const view = { ...cluster('mqtt'), journal: journal({ phase: 'evacuate', ...change }) };
  expect(acceptRateCheck(view, targetOf(view, request({ stormCap: 3_500 })))?.status).toBe(status);
});

test('nodes accept together what all published listeners do', () => {
  expect(acceptedPerSecond(cluster('mqtt', 'mqtts'), 2)).toBe(3_000);
  expect(acceptedPerSecond(cluster('mqtt'), 0)).toBeUndefined();
  expect(acceptedPerSecond(cluster(), 2)).toBeUndefined();
});
