import type { Pod, ReplicaSet } from '../../../src/simulator/kubernetes/core-types';
import { kinds } from '../../../src/simulator/kubernetes/kinds';
import { cluster, ref, replicaSet } from './fixtures';

type Store = ReturnType<typeof cluster>['store'];

const pods = (store: Store) => store.all<Pod>(kinds.pod);
const living = (store: Store) =>
  pods(store).flatMap(({ metadata }) => (metadata.deletionTimestamp ? [] : [metadata.name]));
const status = (store: Store) => store.get<ReplicaSet>(ref(kinds.replicaSet, 'rs')).status;

function annotate(store: Store, pod: string, cost: string): void {
  store.update<Pod>(ref(kinds.pod, pod), (draft) => {
    draft.metadata.annotations = { 'controller.kubernetes.io/pod-deletion-cost': cost };
    return undefined;
  });
}

describe('a replica set', () => {
  it('gets all its pods at once, under random names, and counts them a moment later', async () => {
    const { clock, store } = cluster();
    store.create(replicaSet('rs', 3));
    await clock.advance(100);
    expect(status(store)).toBeUndefined();
    await clock.advance(100);
    expect(status(store)).toMatchObject({ observedGeneration: 1, replicas: 3, readyReplicas: 0 });
    expect(new Set(living(store)).size).toBe(3);
    for (const name of living(store)) expect(name).toMatch(/^rs-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    const set = store.get(ref(kinds.replicaSet, 'rs'));
    expect(pods(store)[0]).toMatchObject({
      metadata: {
        labels: { app: 'ee' },
        ownerReferences: [{ kind: 'ReplicaSet', name: 'rs', uid: set.metadata.uid, controller: true }],
      },
    });
    await clock.advance(2000);
    expect(status(store)).toMatchObject({ replicas: 3, readyReplicas: 3, availableReplicas: 3 });
  });

  it('replaces a pod under another name, and honours readiness gates', async () => {
    const { clock, store } = cluster();
    const set = replicaSet('rs', 1);
    set.spec.template.spec.readinessGates = [{ conditionType: 'gate' }];
    store.create(set);
    await clock.advance(2000);
    expect(status(store)).toMatchObject({ replicas: 1, readyReplicas: 0 });
    const [first] = living(store);
    store.delete(ref(kinds.pod, first!));
    await clock.advance(2000);
    expect(living(store)).toHaveLength(1);
    expect(living(store)).not.toContain(first);
    store.update<Pod>(
      ref(kinds.pod, living(store)[0]!),
      (draft) => {
        draft.status!.conditions!.push({ type: 'gate', status: 'True' });
        return undefined;
      },
      { subresource: 'status' },
    );
    await clock.advance(500);
    expect(status(store)).toMatchObject({ replicas: 1, readyReplicas: 1 });
  });

  it('counts no pod that is being deleted: it is at 0 before its pods are gone', async () => {
    const { clock, store, api } = cluster();
    store.create(replicaSet('rs', 3));
    await clock.run(async () => {
      await clock.sleep(3000);
      await api.scale(ref(kinds.replicaSet, 'rs'), 0);
      await clock.sleep(500);
      expect(pods(store)).toHaveLength(3);
      expect(status(store)).toMatchObject({ replicas: 0, readyReplicas: 0 });
      await clock.sleep(5000);
      expect(pods(store)).toHaveLength(0);
    });
  });

  it.each([
    ['the lowest deletion cost', (store: Store, [, , , oldest]: string[]) => annotate(store, oldest!, '-99999')],
    [
      'what is not Ready, before any deletion cost',
      (store: Store, [first, , , oldest]: string[], callbacks: ReturnType<typeof cluster>['runtime']['callbacks']) => {
        annotate(store, first!, '-99999');
        callbacks.get(oldest!)!.ready(false);
      },
    ],
  ])('loses %s first', async (_, prepare) => {
    const { clock, store, api, runtime } = cluster();
    store.create(replicaSet('rs', 1));
    await clock.run(async () => {
      await clock.sleep(3000);
      const [oldest] = living(store);
      await api.scale(ref(kinds.replicaSet, 'rs'), 4);
      await clock.sleep(3000);
      const young = living(store).filter((name) => name !== oldest);
      prepare(store, [...young, oldest!], runtime.callbacks);
      await clock.sleep(500);
      await api.scale(ref(kinds.replicaSet, 'rs'), 3);
      await clock.sleep(500);
      expect(living(store).sort()).toEqual(young.sort());
      await api.scale(ref(kinds.replicaSet, 'rs'), 2);
      await clock.sleep(500);
      expect(living(store)).toHaveLength(2);
    });
  });

  it('loses the youngest first when nothing else tells its pods apart, and records each', async () => {
    const { clock, store, api } = cluster();
    store.create(replicaSet('rs', 2));
    await clock.run(async () => {
      await clock.sleep(3000);
      const old = living(store);
      await api.scale(ref(kinds.replicaSet, 'rs'), 4);
      await clock.sleep(3000);
      const young = living(store).filter((name) => !old.includes(name));
      await api.scale(ref(kinds.replicaSet, 'rs'), 2);
      await clock.sleep(500);
      expect(living(store).sort()).toEqual(old.sort());
      const events = store.all({ apiVersion: 'v1', kind: 'Event' });
      expect(events).toMatchObject(young.map(() => ({ reason: 'SuccessfulDelete', involvedObject: { name: 'rs' } })));
    });
  });

  it('keeps its selector', () => {
    const { store } = cluster();
    store.create(replicaSet('rs', 1));
    const change = () =>
      store.update<ReplicaSet>(ref(kinds.replicaSet, 'rs'), (draft) => {
        draft.spec.selector.matchLabels = { app: 'other' };
        return undefined;
      });
    expect(change).toThrow('ReplicaSet "rs" is invalid: spec.selector: Invalid value: field is immutable');
  });
});
