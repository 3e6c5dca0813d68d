import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Pod, StatefulSet } from '../../../src/simulator/kubernetes/core-types';
import { kinds } from '../../../src/simulator/kubernetes/kinds';
import { cluster, ref, statefulSet } from './fixtures';

const pods = (store: ReturnType<typeof cluster>['store']) => store.all<Pod>(kinds.pod);
const names = (store: ReturnType<typeof cluster>['store']) => pods(store).map(({ metadata }) => metadata.name);
const living = (store: ReturnType<typeof cluster>['store']) =>
  pods(store).flatMap(({ metadata }) => (metadata.deletionTimestamp ? [] : [metadata.name]));

describe('a stateful set', () => {
  it('gets all its pods at once, labelled by revision and name', async () => {
    const { clock, store } = cluster();
    store.create(statefulSet('ee', 3));
    await clock.advance(100);
    expect(store.get<StatefulSet>(ref(kinds.statefulSet, 'ee')).status).toBeUndefined();
    await clock.advance(100);
    const set = store.get<StatefulSet>(ref(kinds.statefulSet, 'ee'));
    expect(names(store)).toEqual(['ee-0', 'ee-1', 'ee-2']);
    expect(set.status).toMatchObject({
      observedGeneration: 1,
      replicas: 3,
      readyReplicas: 0,
      currentReplicas: 3,
      updatedReplicas: 3,
      currentRevision: expect.stringMatching(/^ee-[bcdfghjklmnpqrstvwxz2456789]{1,10}$/),
    });
    expect(pods(store)[1]).toMatchObject({
      metadata: {
        labels: {
          app: 'ee',
          'controller-revision-hash': set.status!.updateRevision,
          'statefulset.kubernetes.io/pod-name': 'ee-1',
          'apps.kubernetes.io/pod-index': '1',
        },
        ownerReferences: [{ kind: 'StatefulSet', name: 'ee', uid: set.metadata.uid, controller: true }],
      },
      spec: { hostname: 'ee-1', subdomain: 'headless' },
    });
    await clock.advance(2000);
    expect(store.get<StatefulSet>(ref(kinds.statefulSet, 'ee')).status!.readyReplicas).toBe(3);
  });

  it('loses its highest ordinals first, and counts a pod that ends as replica and not as current', async () => {
    const { clock, store, api } = cluster();
    store.create(statefulSet('ee', 12));
    await clock.run(async () => {
      await clock.sleep(3000);
      await api.scale(ref(kinds.statefulSet, 'ee'), 10);
      await clock.sleep(500);
      expect(living(store)).toHaveLength(10);
      expect(living(store)).not.toEqual(expect.arrayContaining(['ee-10']));
      expect(store.get<StatefulSet>(ref(kinds.statefulSet, 'ee')).status).toMatchObject({
        replicas: 12,
        readyReplicas: 12,
        currentReplicas: 10,
      });
      await clock.sleep(5000);
      expect(store.get<StatefulSet>(ref(kinds.statefulSet, 'ee')).status).toMatchObject({
        replicas: 10,
        readyReplicas: 10,
      });
    });
  });

  it('keeps the name of its revision when it is scaled to 0, and when it is deleted and made again', async () => {
    const { clock, store } = cluster();
    const revision = () => store.get<StatefulSet>(ref(kinds.statefulSet, 'ee')).status!.currentRevision;
    await clock.run(async () => {
      store.create(statefulSet('ee', 1));
      store.create(statefulSet('twin', 0));
      await clock.sleep(2000);
      const before = revision();
      const twin = store.get<StatefulSet>(ref(kinds.statefulSet, 'twin')).status!.currentRevision!;
      expect(twin).toBe(before!.replace(/^ee-/, 'twin-'));
      store.delete(ref(kinds.statefulSet, 'ee'));
      await clock.sleep(5000);
      expect(names(store)).toEqual([]);
      store.create(statefulSet('ee', 0));
      await clock.sleep(500);
      expect(revision()).toBe(before);
    });
  });

  it('is forgotten when it is deleted: nothing of its templates is kept', async () => {
    const { clock, store } = cluster();
    const ee = ref(kinds.statefulSet, 'ee');
    store.create(statefulSet('ee', 1));
    await clock.advance(2_000);
    const template = new WeakRef(store.get<StatefulSet>(ee).spec.template);
    store.delete(ee);
    // The changes of the last minutes are kept, for watches.
    await clock.advance(600_000);
    store.create(statefulSet('other', 0));
    await collectGarbage();
    expect(template.deref()).toBeUndefined();
  });

  it('waits for a pod of the same name that belongs to its predecessor', async () => {
    const { clock, store } = cluster();
    await clock.run(async () => {
      store.create(statefulSet('ee', 1));
      await clock.sleep(2000);
      const [old] = pods(store);
      store.delete(ref(kinds.statefulSet, 'ee'));
      store.create(statefulSet('ee', 1));
      await clock.sleep(1000);
      expect(pods(store)[0]!.metadata.uid).toBe(old!.metadata.uid);
      await clock.sleep(5000);
      expect(pods(store)[0]!.metadata.uid).not.toBe(old!.metadata.uid);
    });
  });

  it('replaces its pods one at a time, highest ordinal first, when the template changes', async () => {
    const { clock, store } = cluster();
    const order: string[] = [];
    let least = 3;
    await clock.run(async () => {
      store.create(statefulSet('ee', 3));
      await clock.sleep(3000);
      const before = store.get<StatefulSet>(ref(kinds.statefulSet, 'ee')).status!.currentRevision;
      store.subscribe(({ type, object }) => {
        if (object.kind === 'Pod' && type === 'DELETED') order.push(object.metadata.name);
        if (object.kind === 'StatefulSet') least = Math.min(least, (object as StatefulSet).status?.readyReplicas ?? 0);
      });
      store.update<StatefulSet>(ref(kinds.statefulSet, 'ee'), (draft) => {
        draft.spec.template.spec.containers[0]!.image = 'emqx:2';
        return undefined;
      });
      await clock.sleep(200);
      const rolling = store.get<StatefulSet>(ref(kinds.statefulSet, 'ee')).status!;
      expect(rolling.currentRevision).toBe(before);
      expect(rolling.updateRevision).not.toBe(before);
      await clock.sleep(30_000);
      const { status } = store.get<StatefulSet>(ref(kinds.statefulSet, 'ee'));
      expect(status!.currentRevision).toBe(rolling.updateRevision);
      expect(pods(store).map(({ spec }) => spec.containers[0]!.image)).toEqual(['emqx:2', 'emqx:2', 'emqx:2']);
    });
    expect(order).toEqual(['ee-2', 'ee-1', 'ee-0']);
    expect(least).toBe(2);
  });

  it('makes a claim for each pod, which outlives pod and set', async () => {
    const { clock, store } = cluster();
    const claims = () => store.all(kinds.volumeClaim).map(({ metadata }) => metadata.name);
    await clock.run(async () => {
      const set = statefulSet('ee', 2);
      set.spec.volumeClaimTemplates = [{ metadata: { name: 'data' }, spec: {} }];
      store.create(set);
      await clock.sleep(2000);
      expect(claims()).toEqual(['data-ee-0', 'data-ee-1']);
      expect(pods(store)[0]!.spec.volumes).toEqual([
        { name: 'data', persistentVolumeClaim: { claimName: 'data-ee-0' } },
      ]);
      store.delete(ref(kinds.statefulSet, 'ee'));
      await clock.sleep(10_000);
      expect(names(store)).toEqual([]);
      expect(claims()).toEqual(['data-ee-0', 'data-ee-1']);
    });
  });
});

/** A weak reference holds until the turn is over. */
async function collectGarbage(): Promise<void> {
  await turn();
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
