import { type Gate, gatesOf, gateText } from '../../src/upgrade/gates';
import { journal } from './fixtures';

type Counts = [connections: number | null, subscriptions: number | null];

const fleet = ([connections, subscriptions]: Counts) => ({ connections, sessions: connections, subscriptions });
const verdicts = (gates: Gate[]) => gates.map(({ verdict }) => verdict);

describe('gates', () => {
  test.each<[string, Counts, Counts | undefined, number | undefined, Gate['verdict'][]]>([
    ['all is back', [3000, 3150], [3000, 3150], undefined, ['passed', 'passed']],
    ['one in a hundred left by itself', [3000, 3150], [2970, 3119], undefined, ['passed', 'passed']],
    ['one more is missing', [3000, 3150], [2969, 3118], undefined, ['not passed', 'not passed']],
    ['connected, and deaf', [3000, 3150], [3000, 2000], undefined, ['passed', 'not passed']],
    ['less is asked for', [3000, 3150], [2000, 2000], 60, ['passed', 'passed']],
    ['all is asked for', [3000, 3150], [2999, 3150], 100, ['not passed', 'passed']],
    ['there were none', [0, 0], [0, 0], undefined, ['passed', 'passed']],
    ['more than before', [10, 10], [20, 20], undefined, ['passed', 'passed']],
    ['not counted before', [3000, null], [3000, 3150], undefined, ['passed', 'unknown']],
    ['not counted in the end', [3000, 3150], [3000, null], undefined, ['passed', 'unknown']],
    ['nothing was observed in the end', [3000, 3150], undefined, undefined, ['unknown', 'unknown']],
  ])('%s', (_, before, after, backPercent, expected) => {
    const run = journal({ baseline: fleet(before), end: after && fleet(after), backPercent });
    expect(verdicts(gatesOf(run))).toEqual(expected);
  });

  test('say what was counted, and what is required', () => {
    const run = journal({ baseline: fleet([3000, null]), end: fleet([2990, 3140]) });
    expect(gatesOf(run)).toEqual([
      { id: 'connections', verdict: 'passed', before: 3000, after: 2990, least: 2970 },
      { id: 'subscriptions', verdict: 'unknown', before: null, after: 3140, least: null },
    ]);
  });

  test('are said in a line each', () => {
    const run = journal({ baseline: fleet([3000, null]), end: fleet([2900, 3140]) });
    const show = (value: number) => value.toLocaleString('en');
    expect(gatesOf(run).map((gate) => gateText(gate, show))).toEqual([
      'connections back: not passed, 2,900 of 3,000, at least 2,970',
      'subscriptions back: unknown, not counted before',
    ]);
  });

  const counted = (found: number, sampled: number, connections = sampled) => ({
    connections,
    sampled,
    found,
    estimate: Math.round((found / sampled) * connections),
  });

  test.each([
    ['none before and after', counted(0, 300), counted(0, 300), 'passed', 0],
    ['as many of all', counted(5, 300), counted(5, 300), 'passed', 5],
    ['one more of all', counted(5, 300), counted(6, 300), 'not passed', 5],
    ['fewer', counted(5, 300), counted(1, 300), 'passed', 5],
    ['of samples, more by chance', counted(5, 1_000, 10_000), counted(12, 1_000, 10_000), 'passed', 174],
    ['of samples, more', counted(5, 1_000, 10_000), counted(30, 1_000, 10_000), 'not passed', 226],
    ['of samples, the first ones', counted(0, 1_000, 10_000), counted(1, 1_000, 10_000), 'passed', 30],
    [
      'of samples, many where there were none',
      counted(0, 1_000, 10_000),
      counted(20, 1_000, 10_000),
      'not passed',
      134,
    ],
    ['not known in the end', counted(0, 300), undefined, 'unknown', null],
  ])('devices with MQTT 3.1: %s', (_, before, after, verdict, most) => {
    const gate = gatesOf(journal({ mqtt31: { before, after } })).find(({ id }) => id === 'mqtt31');
    expect(gate).toEqual({
      id: 'mqtt31',
      verdict,
      before: before.estimate,
      after: after?.estimate ?? null,
      most,
    });
  });

  test('say nothing of devices that were not sampled', () => {
    expect(gatesOf(journal()).map(({ id }) => id)).toEqual(['connections', 'subscriptions']);
  });
});
