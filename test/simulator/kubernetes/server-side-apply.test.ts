import fc from 'fast-check';
import { isKubeError, type KubeObject } from '../../../src/kubernetes/kube-api';
import type { Pod } from '../../../src/simulator/kubernetes/core-types';
import { kinds } from '../../../src/simulator/kubernetes/kinds';
import { apiServer, type ConfigMap, pod, ref } from './fixtures';

const target = ref(kinds.configMap, 'settings');

type Data = Record<string, string>;

function server() {
  const { clock, api, store } = apiServer();
  const apply = (fieldManager: string, data: Data, force?: boolean) => {
    const body = { ...kinds.configMap, metadata: { name: 'settings' }, data } as ConfigMap;
    return api.patch<ConfigMap>(target, { type: 'apply', body, fieldManager, ...(force && { force }) });
  };
  const merge = (data: Record<string, string | null>) =>
    api.patch<ConfigMap>(target, { type: 'merge', body: { data } });
  return { clock, api, store, apply, merge };
}

describe('server-side apply', () => {
  it('creates what is absent, and changes nothing when applied again', async () => {
    const { clock, apply } = server();
    await clock.run(async () => {
      const first = await apply('one', { a: '1' });
      expect(first.data).toEqual({ a: '1' });
      expect(await apply('one', { a: '1' })).toEqual(first);
    });
  });

  it('removes what this manager applied before and no longer does, and nothing of others', async () => {
    const { clock, apply, merge } = server();
    await clock.run(async () => {
      await apply('one', { a: '1', b: '2' });
      await merge({ c: '3' });
      await apply('two', { d: '4', b: '2' });
      expect((await apply('one', { a: '1' })).data).toEqual({ a: '1', b: '2', c: '3', d: '4' });
      expect((await apply('two', { d: '4' })).data).toEqual({ a: '1', c: '3', d: '4' });
    });
  });

  it('is refused when another manager has set another value, and names field and manager', async () => {
    const { clock, apply } = server();
    await clock.run(async () => {
      await apply('one', { a: '1' });
      const error = await apply('two', { a: '2', b: '3' }).catch((reason: unknown) => reason);
      expect(isKubeError(error, 'Conflict')).toBe(true);
      expect((error as Error).message).toBe('Apply failed with 1 conflict: conflict with "one": .data.a');
    });
  });

  it('with force takes the field, so that the other one meets a conflict', async () => {
    const { clock, apply } = server();
    await clock.run(async () => {
      await apply('one', { a: '1' });
      expect((await apply('two', { a: '2' }, true)).data).toEqual({ a: '2' });
      expect(isKubeError(await apply('one', { a: '1' }).catch((error: unknown) => error), 'Conflict')).toBe(true);
      // Without the field it gives up what it no longer owns, and the value stays.
      expect((await apply('one', { b: '1' })).data).toEqual({ a: '2', b: '1' });
    });
  });

  it('meets a conflict with a field that was patched since, until both want the same', async () => {
    const { clock, apply, merge } = server();
    await clock.run(async () => {
      await apply('one', { a: '1', b: '1' });
      await merge({ a: '2' });
      expect(isKubeError(await apply('one', { a: '1', b: '1' }).catch((error: unknown) => error), 'Conflict')).toBe(
        true,
      );
      expect((await apply('one', { a: '2', b: '1' })).data).toEqual({ a: '2', b: '1' });
      expect((await apply('one', { b: '1' })).data).toEqual({ a: '2', b: '1' });
    });
  });

  it('with an empty object stands against nobody who has set something in it', async () => {
    const { clock, apply } = server();
    await clock.run(async () => {
      await apply('one', { a: '1' });
      expect((await apply('two', {})).data).toEqual({ a: '1' });
      expect((await apply('one', {})).data).toEqual({});
    });
  });

  it('merges the ports of a Service by their numbers, and other lists as one value', async () => {
    const { clock, api } = apiServer();
    const name = ref(kinds.service, 'mqtt');
    const apply = (fieldManager: string, spec: object) =>
      api.patch<KubeObject & { spec: { ports: object[]; externalIPs?: string[] } }>(name, {
        type: 'apply',
        fieldManager,
        body: { ...kinds.service, metadata: { name: 'mqtt' }, spec } as KubeObject,
      });
    await clock.run(async () => {
      await apply('one', { ports: [{ port: 1883 }], externalIPs: ['1.1.1.1'] });
      const { spec } = await apply('two', { ports: [{ port: 8883, name: 'tls' }] });
      expect(spec.ports).toMatchObject([{ port: 1883 }, { port: 8883, name: 'tls' }]);
      const error = await apply('two', { ports: [], externalIPs: ['2.2.2.2'] }).catch((reason: unknown) => reason);
      expect((error as Error).message).toContain('conflict with "one": .spec.externalIPs');
      const { spec: left } = await apply('two', { ports: [{ port: 9999 }] });
      expect(left.ports.map((port) => (port as { port: number }).port)).toEqual([1883, 9999]);
    });
  });

  it('sets one condition of a pod, and leaves those of the kubelet', async () => {
    const { clock, api, store } = apiServer();
    const name = ref(kinds.pod, 'p');
    store.create(pod('p'));
    store.update<Pod>(
      name,
      (draft) => ({ ...draft, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] } }),
      { subresource: 'status' },
    );
    await clock.run(async () => {
      const status = { conditions: [{ type: 'on-serving', status: 'True' }] };
      const body = { ...kinds.pod, metadata: { name: 'p' }, spec: { ignored: true }, status } as KubeObject;
      const patched = await api.patch<Pod>(
        name,
        { type: 'apply', body, fieldManager: 'pilot' },
        { subresource: 'status' },
      );
      expect(patched.status).toEqual({
        phase: 'Running',
        conditions: [
          { type: 'Ready', status: 'False' },
          { type: 'on-serving', status: 'True' },
        ],
      });
      expect(patched.spec).not.toHaveProperty('ignored');
    });
  });

  it('with force ends, whatever happened before, with the wanted fields set and the given-up ones gone', async () => {
    const keys = fc.constantFrom('a', 'b', 'c');
    const data = fc.dictionary(keys, fc.constantFrom('1', '2'), { maxKeys: 3 });
    const step = fc.oneof(
      fc.record({ by: fc.constantFrom('one', 'two'), data }),
      fc.record({ by: fc.constant('patch'), data }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), data, async (steps, last) => {
        const { clock, apply, merge, store } = server();
        await clock.run(async () => {
          await apply('one', {});
          const touchedByOthers = new Set<string>();
          for (const each of steps) {
            if (each.by === 'patch') await merge(each.data);
            else await apply(each.by, each.data, true);
            if (each.by !== 'one') for (const key of Object.keys(each.data)) touchedByOthers.add(key);
          }
          await apply('one', last, true);
          const result = store.get<ConfigMap>(target).data ?? {};
          expect(result).toMatchObject(last);
          const extra = Object.keys(result).filter((key) => !(key in last));
          for (const key of extra) expect(touchedByOthers).toContain(key);
        });
      }),
      { numRuns: 200 },
    );
  });
});
