import { conditionOf, type Pod } from '../../../src/simulator/kubernetes/core-types';
import { kinds } from '../../../src/simulator/kubernetes/kinds';
import { cluster, pod, ref } from './fixtures';

const target = ref(kinds.pod, 'p');
const gate = 'apps.emqx.io/on-serving';

function gated(): Pod {
  const plain = pod('p');
  return { ...plain, spec: { ...plain.spec, readinessGates: [{ conditionType: gate }] } };
}

describe('the kubelet', () => {
  it('takes a pod from Pending to Running and Ready, on a node and with an address', async () => {
    const { clock, store, runtime } = cluster();
    store.create(pod('p'));
    const read = () => store.get<Pod>(target);
    expect(read().status).toEqual({ phase: 'Pending' });
    await clock.advance(200);
    expect(read().spec.nodeName).toBe('node-1');
    expect([read().status!.phase, conditionOf(read(), 'ContainersReady')]).toEqual(['Pending', 'False']);
    await clock.advance(1000);
    expect(read().status).toMatchObject({ phase: 'Running', podIP: '10.244.0.1' });
    expect([conditionOf(read(), 'ContainersReady'), conditionOf(read(), 'Ready')]).toEqual(['True', 'True']);
    expect(runtime.log).toEqual(['start p 10.244.0.1']);
  });

  it('holds Ready back until the readiness gate is set, and takes it back with it', async () => {
    const { clock, store } = cluster();
    store.create(gated());
    const read = () => store.get<Pod>(target);
    const setGate = (status: 'True' | 'False') =>
      store.update<Pod>(
        target,
        (draft) => {
          const others = (draft.status?.conditions ?? []).filter(({ type }) => type !== gate);
          draft.status = { ...draft.status, conditions: [...others, { type: gate, status }] };
          return undefined;
        },
        { subresource: 'status' },
      );
    await clock.advance(2000);
    expect([conditionOf(read(), 'ContainersReady'), conditionOf(read(), 'Ready')]).toEqual(['True', 'False']);
    setGate('True');
    await clock.advance(200);
    expect(conditionOf(read(), 'Ready')).toBe('True');
    setGate('False');
    await clock.advance(200);
    expect(conditionOf(read(), 'Ready')).toBe('False');
  });

  it('starts a pod again in place when its process exits, and keeps the conditions of others', async () => {
    const { clock, store, runtime } = cluster();
    store.create(gated());
    const read = () => store.get<Pod>(target);
    await clock.advance(2000);
    store.update<Pod>(
      target,
      (draft) => {
        draft.status!.conditions!.push({ type: gate, status: 'True' });
        return undefined;
      },
      { subresource: 'status' },
    );
    await clock.advance(200);
    const { uid } = read().metadata;
    runtime.callbacks.get('p')!.exited();
    await clock.advance(500);
    expect([conditionOf(read(), 'Ready'), conditionOf(read(), gate)]).toEqual(['False', 'True']);
    await clock.advance(2000);
    expect(conditionOf(read(), 'Ready')).toBe('True');
    expect(read().metadata.uid).toBe(uid);
    expect(read().status!.containerStatuses![0]!.restartCount).toBe(1);
    // The second time it waits for 10 s.
    runtime.callbacks.get('p')!.exited();
    await clock.advance(9000);
    expect(runtime.log.filter((line) => line.startsWith('start'))).toHaveLength(2);
    await clock.advance(2000);
    expect(runtime.log.filter((line) => line.startsWith('start'))).toHaveLength(3);
  });

  it('ends a deleted pod in good order: Succeeded, not Ready, and then gone', async () => {
    const { clock, store, runtime } = cluster();
    store.create(pod('p'));
    await clock.advance(2000);
    store.delete(target);
    await clock.advance(1900);
    expect(store.get<Pod>(target).status!.phase).toBe('Running');
    expect(conditionOf(store.get<Pod>(target), 'Ready')).toBe('True');
    await clock.advance(300);
    expect(store.get<Pod>(target).status!.phase).toBe('Succeeded');
    expect(conditionOf(store.get<Pod>(target), 'Ready')).toBe('False');
    await clock.advance(600);
    expect(store.find(target)).toBeUndefined();
    expect(runtime.log).toEqual(['start p 10.244.0.1', 'stop p']);
  });

  it('kills a pod that outlasts its grace period', async () => {
    const { clock, store, runtime } = cluster();
    runtime.stopMs = 1e9;
    store.create(pod('p'));
    await clock.advance(2000);
    store.delete(target);
    await clock.advance(29_000);
    expect(runtime.log).not.toContain('kill p');
    await clock.advance(2000);
    expect(runtime.log).toContain('kill p');
    expect(store.find(target)).toBeUndefined();
  });

  it('kills a pod at once that is deleted by force', async () => {
    const { clock, store, runtime } = cluster();
    store.create(pod('p'));
    await clock.advance(2000);
    store.delete(target, 0);
    await clock.advance(100);
    expect(runtime.log).toEqual(['start p 10.244.0.1', 'kill p']);
  });

  it('follows the readiness probe of the runtime, and hears nothing from a pod that stops', async () => {
    const { clock, store, runtime } = cluster();
    store.create(pod('p'));
    await clock.advance(2000);
    runtime.callbacks.get('p')!.ready(false);
    expect(conditionOf(store.get<Pod>(target), 'Ready')).toBe('False');
    store.delete(target);
    await clock.advance(500);
    runtime.callbacks.get('p')!.ready(true);
    runtime.callbacks.get('p')!.exited();
    expect(conditionOf(store.get<Pod>(target), 'Ready')).toBe('False');
    await clock.advance(10_000);
    expect(runtime.log.filter((line) => line.startsWith('start'))).toHaveLength(1);
  });
});
