import { Retries } from '../../src/runner/retries';

const MINUTE = 60_000;

/** After how many minutes it is tried again, for failures one after the other. */
function waits(kind: 'blocked' | 'stopped' | 'unheld', count: number): number[] {
  const retries = new Retries();
  return Array.from({ length: count }, () => retries.failed('a', kind, 'why', 1, 0).at / MINUTE);
}

test('waits are doubled, up to five minutes where nothing was written, and up to an hour otherwise', () => {
  expect(waits('blocked', 5)).toEqual([1, 2, 4, 5, 5]);
  expect(waits('stopped', 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  expect(waits('unheld', 8).map((minutes) => minutes * 60)).toEqual([5, 10, 20, 40, 80, 160, 300, 300]);
});

test('a reason is new once, and again after another one or an end', () => {
  const retries = new Retries();
  const isNew = (reason: string) => retries.failed('a', 'blocked', reason, 1, 0).isNew;
  expect([isNew('x'), isNew('x'), isNew('y'), isNew('x')]).toEqual([true, false, true, true]);
  retries.forget('a');
  expect(isNew('x')).toBe(true);
});

test.each([
  ['blocked', 1, ['a']],
  ['blocked', 2, []],
  ['stopped', 1, ['a']],
  ['stopped', 2, ['a']],
] as const)('%s, and the resource has generation %d instead of 1: waiting are %j', (kind, generation, expected) => {
  const retries = new Retries();
  retries.failed('a', kind, 'why', 1, 0);
  expect([...retries.notBefore(() => generation).keys()]).toEqual(expected);
});

test('what the runner has written itself ends no wait, before and after it sees that', () => {
  const retries = new Retries();
  retries.failed('a', 'blocked', 'why', 1, 0);
  retries.written('a', 2);
  const waiting = (generation: number) => [...retries.notBefore(() => generation).keys()];
  expect([waiting(1), waiting(2), waiting(3)]).toEqual([['a'], ['a'], []]);
});
