import { KubeApiError, type KubeObject } from '../../src/kubernetes';
import { noteOf, writeNote } from '../../src/runner/kube-events';
import { recordsRef } from '../../src/runner/records';
import type { Told } from '../../src/runner/told';
import { SimulatedClock } from '../../src/simulator/clock';
import { InMemoryKubeApi } from '../../src/simulator/kubernetes/in-memory-api';
import { ObjectStore } from '../../src/simulator/kubernetes/object-store';
import { Random } from '../../src/simulator/random';
import { reportOf } from '../../src/upgrade/report';
import { journal } from '../upgrade/fixtures';

const AT = Date.parse('2026-03-28T12:00:00.123Z');
const EE = { cluster: { kind: 'EmqxEnterprise', namespace: 'mqtt', name: 'emqx-ee' }, uid: 'u', at: AT } as const;
const note = (told: Told) => noteOf(told, recordsRef('runners'));
const left: Told = { ...EE, kind: 'left', reason: 'NotApproved', text: 'waits' };

test('it is about the resource, by its uid', () => {
  expect(note(left)).toEqual({
    about: { apiVersion: 'apps.emqx.io/v1beta4', kind: 'EmqxEnterprise', namespace: 'mqtt', name: 'emqx-ee', uid: 'u' },
    type: 'Normal',
    reason: 'NotApproved',
    message: 'waits',
    at: AT,
  });
});

test('what is wrong with the policy is one, about the ConfigMap; a sound one is none', () => {
  const policy = (problems: string[]): Told => ({ kind: 'policy', at: AT, problems, uid: 'p' });
  expect(note(policy(['a', 'b']))).toMatchObject({
    about: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'runners', name: 'emqx-upgrade-runner', uid: 'p' },
    type: 'Warning',
    message: 'no upgrade is begun: a | b',
  });
  expect(note(policy([]))).toBeUndefined();
});

type Counts = [connections: number, subscriptions: number];
const fleet = ([connections, subscriptions]: Counts) => ({ connections, sessions: connections, subscriptions });
const done = (before: Counts, after: Counts) =>
  journal({ phase: 'done', finishedAt: AT, baseline: fleet(before), end: fleet(after) });

test.each<[string, Told, unknown]>([
  [
    'a start',
    { ...EE, kind: 'start', run: undefined, from: '1', to: '2', isResumed: false },
    'Normal UpgradeStarted: 1 → 2, since 2026-03-28T12:00:00Z',
  ],
  [
    'a resumption',
    { ...EE, kind: 'start', run: 'r', from: '1', to: '2', isResumed: true },
    'Normal UpgradeResumed: 1 → 2, since 2026-03-28T12:00:00Z, run r',
  ],
  [
    'a phase',
    { ...EE, kind: 'progress', event: { kind: 'phase', at: AT, phase: 'evacuate', resumed: false } },
    'Normal UpgradePhase: evacuate, since 2026-03-28T12:00:00Z',
  ],
  [
    'a phase of one role',
    { ...EE, kind: 'progress', event: { kind: 'phase', at: AT, phase: 'retire', role: 'core', resumed: false } },
    'Normal UpgradePhase: retire of cores, since 2026-03-28T12:00:00Z',
  ],
  ['an action', { ...EE, kind: 'progress', event: { kind: 'action', at: AT, text: 'x' } }, undefined],
  [
    'a warning',
    { ...EE, kind: 'progress', event: { kind: 'warning', at: AT, text: 'x' } },
    'Warning UpgradeWarning: x',
  ],
  ['a block', { ...EE, kind: 'stopped', code: 'BLOCKED', text: 'x', retryAt: 1 }, 'Warning UpgradeBlocked: x'],
  ['a stop', { ...EE, kind: 'stopped', code: 'STALLED', text: 'x', retryAt: 1 }, 'Warning UpgradeStopped: x'],
  ['a cluster that is not held', { ...EE, kind: 'left', reason: 'NotHeld', text: 'x' }, 'Warning NotHeld: x'],
  [
    'an end',
    { ...EE, kind: 'end', report: reportOf(done([300, 330], [300, 330])) },
    expect.stringMatching(/^Normal UpgradeCompleted: .*, 0 incidents, run /),
  ],
  [
    'an end after which devices are deaf',
    { ...EE, kind: 'end', report: reportOf(done([300, 330], [300, 30])) },
    expect.stringMatching(
      /^Warning UpgradeCompleted: .*, subscriptions back: not passed, 30 of 330, at least 327, run /,
    ),
  ],
  ['an error of the runner', { kind: 'error', at: AT, text: 'x', cluster: EE.cluster }, undefined],
])('%s', (_, told, expected) => {
  const { type, reason, message } = note(told) ?? {};
  expect(message === undefined ? undefined : `${type} ${reason}: ${message}`).toEqual(expected);
});

test('a message is no longer than the API server accepts', () => {
  expect(note({ ...left, text: 'x'.repeat(5_000) })?.message).toHaveLength(1_024);
});

test('one with the same content exists once, another one beside it', async () => {
  const clock = new SimulatedClock();
  const store = new ObjectStore(clock, new Random(1));
  const api = new InMemoryKubeApi(clock, store);
  const { signal } = new AbortController();
  await clock.run(async () => {
    await writeNote(api, note(left)!, signal);
    await writeNote(api, note({ ...left, at: AT + 1_000 })!, signal);
    await writeNote(api, note({ ...left, text: 'still waits' })!, signal);
  });
  const events = store.all<KubeObject & { message: string; lastTimestamp: string }>({
    apiVersion: 'v1',
    kind: 'Event',
  });
  expect(events.map(({ message, lastTimestamp }) => [message, lastTimestamp])).toEqual([
    ['waits', '2026-03-28T12:00:00Z'],
    ['still waits', '2026-03-28T12:00:00Z'],
  ]);
});

test('one that is refused is not silently lost', async () => {
  const clock = new SimulatedClock();
  const refused = new KubeApiError(403, 'Forbidden', 'events is forbidden');
  const api = new InMemoryKubeApi(clock, new ObjectStore(clock, new Random(1)), {
    intercept: () => Promise.reject(refused),
  });
  await expect(writeNote(api, note(left)!, new AbortController().signal)).rejects.toBe(refused);
});
