import type { ConfigMap } from '../../src/kubernetes/core-objects';
import type { Told } from '../../src/runner';
import { publicationOf, publish, recordsIn, recordsRef, waitOf } from '../../src/runner/records';
import type { ClusterRef } from '../../src/runner/sighting';
import { Waits } from '../../src/runner/waits';
import { SimulatedClock } from '../../src/simulator/clock';
import { InMemoryKubeApi } from '../../src/simulator/kubernetes/in-memory-api';
import { ObjectStore } from '../../src/simulator/kubernetes/object-store';
import { Random } from '../../src/simulator/random';
import type { ClusterState } from '../../src/upgrade';

const EE: ClusterRef = { kind: 'EmqxEnterprise', namespace: 'mqtt', name: 'emqx-ee' };
const OF = { cluster: EE, uid: 'u', at: 0 } as const;
const KEY = 'EmqxEnterprise/mqtt/emqx-ee';

type Reason = Extract<Told, { kind: 'left' }>['reason'];
const left = (reason: Reason, text = 'why'): Told => ({ ...OF, kind: 'left', reason, text });
const stopped = (code: string): Told => ({ ...OF, kind: 'stopped', code, text: 'why', retryAt: undefined });
const seen = (state: ClusterState, isHeld = true): Told => ({
  ...OF,
  kind: 'cluster',
  state,
  phase: undefined,
  isHeld,
});
const start: Told = { ...OF, kind: 'start', run: 'r', from: '1', to: '2', isResumed: true };
const gone: Told = { ...OF, kind: 'gone' };

test.each<[string, Told[], string | undefined]>([
  ['an approval', [seen('waiting'), left('NotApproved')], 'NotApproved'],
  ['another reason than before', [left('NotApproved'), left('OutsideWindow')], 'OutsideWindow'],
  ['the same when it is seen again', [left('NotApproved'), seen('waiting')], 'NotApproved'],
  ['the same while pods restart', [left('NotApproved'), seen('unsettled')], 'NotApproved'],
  ['nothing when the template was set back', [left('NotApproved'), seen('at-rest')], undefined],
  ['nothing when its upgrade begins', [left('NotApproved'), start], undefined],
  ['what a check prevents', [seen('waiting'), stopped('BLOCKED'), seen('waiting')], 'UpgradeBlocked'],
  ['what has stopped its run', [start, stopped('STALLED'), seen('upgrading')], 'UpgradeStopped'],
  ['nothing while that is tried again', [stopped('STALLED'), start], undefined],
  ['nothing when another process drives it', [stopped('STALLED'), stopped('LEASE_LOST')], undefined],
  ['nothing when that has ended it', [stopped('STALLED'), seen('at-rest')], undefined],
  ['to be held', [seen('at-rest', false), left('NotHeld')], 'NotHeld'],
  ['nothing when somebody holds it', [left('NotHeld'), seen('at-rest', true)], undefined],
  ['nothing when it is gone', [left('NotSupported'), gone], undefined],
  ['what another runner knows', [left('NotApproved'), { kind: 'leading', at: 0, isLeading: false }], undefined],
])('a cluster waits for %s', (_, told, reason) => {
  const waits = new Waits();
  for (const one of told) waits.tell(one);
  expect(waits.all.get(KEY)?.reason).toBe(reason);
});

test('marks have the kind, the namespace and the name of a cluster, and what has not is a key that nobody reads', () => {
  const data = { 'approved.EMQX.n.a.b': ' d1\n', 'begun.EmqxEnterprise.n.a': 'd2', 'approved.n.a': 'd3' };
  const records = recordsIn({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, data } as ConfigMap);
  expect([...records.approved, ...records.begun]).toEqual([
    ['EMQX/n/a.b', { digest: 'd1' }],
    ['EmqxEnterprise/n/a', 'd2'],
  ]);
  expect(records.otherKeys).toEqual(['approved.n.a']);
});

describe('what is published', () => {
  const ref = recordsRef('runners');
  const waits = (text: string) => new Map([[KEY, { reason: 'NotApproved', text } as const]]);

  test('is read again, and only what has changed is written', async () => {
    const clock = new SimulatedClock(0);
    const objects = new ObjectStore(clock, new Random(1));
    const api = new InMemoryKubeApi(clock, objects);
    const read = () => recordsIn(objects.find(ref));
    const write = (after: ReadonlyMap<string, string>) =>
      clock.run(() => publish(api, ref, { before: read().published, after, spent: [], version: undefined }));
    await write(publicationOf(waits('line one\nline two')));
    expect(waitOf(read(), EE)).toEqual({ reason: 'NotApproved', text: 'line one\nline two' });
    expect(waitOf(read(), { ...EE, kind: 'EMQX' })).toBeUndefined();
    await write(publicationOf(new Map()));
    expect([...read().published]).toEqual([]);
    const { resourceVersion } = objects.find(ref)!.metadata;
    await write(publicationOf(new Map()));
    expect(objects.find(ref)!.metadata.resourceVersion).toBe(resourceVersion);
  });

  test('is unknown before a runner has worked, and fits into a ConfigMap with a thousand clusters', () => {
    expect(waitOf(recordsIn(undefined), EE)).toBeUndefined();
    const many = Array.from(
      { length: 1_000 },
      (_, index) => [`EMQX/n/${index}`, { reason: 'NotHeld', text: 'x'.repeat(5_000) }] as const,
    );
    const published = publicationOf(new Map(many));
    expect([...published].flat().join('').length).toBeLessThan(700_000);
  });
});
