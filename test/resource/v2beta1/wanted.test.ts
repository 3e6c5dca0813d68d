import {
  emqxChanges,
  emqxPaceOf,
  emqxReplicasOf,
  HOLD_DELAY_SECONDS,
  isEmqxHeld,
  withEmqxDefaults,
  withEmqxDelay,
} from '../../../src/resource';
import { emqx, emqxWith } from './_emqx';

const PACE = { initialDelaySeconds: 0, connectionsPerSecond: 100, sessionsPerSecond: 100, waitTakeoverSeconds: 10 };

test.each([
  ['evacuationStrategy.connEvictRate', 5, { ...PACE, connectionsPerSecond: 5 }],
  ['evacuationStrategy.connEvictRate', undefined, { ...PACE, connectionsPerSecond: 1000 }],
  ['evacuationStrategy.waitTakeover', undefined, { ...PACE, waitTakeoverSeconds: undefined }],
  ['evacuationStrategy.waitTakeover', 0, { ...PACE, waitTakeoverSeconds: undefined }],
  ['initialDelaySeconds', 60, { ...PACE, initialDelaySeconds: 60 }],
])('with %s of %s, the pace is what the operator makes of it', (path, value, pace) => {
  expect(emqxPaceOf(emqxWith(`spec.updateStrategy.${path}`, value))).toEqual(pace);
});

test('rates that the operator would send as 0 are unknown, not 0', () => {
  const { connectionsPerSecond, sessionsPerSecond } = emqxPaceOf(emqxWith('spec.updateStrategy', {}));
  expect([connectionsPerSecond, sessionsPerSecond]).toEqual([undefined, undefined]);
});

test('another delay holds and releases, and changes nothing else', () => {
  const held = withEmqxDelay(emqx(), HOLD_DELAY_SECONDS);
  expect([isEmqxHeld(emqx()), isEmqxHeld(held), isEmqxHeld(withEmqxDelay(held, 0))]).toEqual([false, true, false]);
  expect(withEmqxDelay(held, 0)).toEqual(withEmqxDefaults(emqx()));
  expect(emqxChanges(withEmqxDefaults(emqx()), held).map(({ effect }) => effect)).toEqual(['in-place']);
});

test.each([
  ['spec.coreTemplate', undefined, { core: 2, replicant: 0 }],
  ['spec.coreTemplate.spec.replicas', 3, { core: 3, replicant: 0 }],
  ['spec.replicantTemplate', {}, { core: 2, replicant: 2 }],
  ['spec.replicantTemplate.spec.replicas', 0, { core: 2, replicant: 0 }],
])('with %s of %j, the numbers of nodes are %j', (path, value, replicas) => {
  expect(emqxReplicasOf(emqxWith(path, value))).toEqual(replicas);
});
