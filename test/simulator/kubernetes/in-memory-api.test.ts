import { isKubeError, KubeApiError, type KubeObject, type WatchEvent } from '../../../src/kubernetes/kube-api';
import type { Pod, StatefulSet } from '../../../src/simulator/kubernetes/core-types';
import { kinds } from '../../../src/simulator/kubernetes/kinds';
import { apiServer, type ConfigMap, configMap, pod, ref, statefulSet } from './fixtures';

const mapRef = ref(kinds.configMap, 'settings');

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof KubeApiError)) throw new Error(`not refused: ${String(error)}`);
  return `${error.status} ${error.code}`;
}

describe('objects of the in-memory API', () => {
  it('get an identity, a version and a time', async () => {
    const { clock, api } = apiServer();
    await clock.run(async () => {
      const created = await api.create(configMap('settings', { a: '1' }));
      expect(created.metadata).toMatchObject({
        uid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/),
        resourceVersion: '1',
        creationTimestamp: '2026-01-01T00:00:00Z',
      });
      expect(created.metadata.generation).toBeUndefined();
      expect(await api.get(mapRef)).toEqual(created);
    });
  });

  it('are those of the store: the caller cannot change them, and what he does to what he gave stays with him', async () => {
    const { clock, api } = apiServer();
    await clock.run(async () => {
      const mine = configMap('settings', { a: '1' });
      const created = await api.create(mine);
      const got = await api.get<ConfigMap>(mapRef);
      const [listed] = (await api.list<ConfigMap>({ ...kinds.configMap, namespace: 'default' })).items;
      mine.data!['a'] = '2';
      for (const { data } of [created, got, listed!]) {
        expect(() => {
          data!['a'] = '3';
        }).toThrow(TypeError);
      }
      expect((await api.get<ConfigMap>(mapRef)).data).toEqual({ a: '1' });
    });
  });

  it.each<[string, (api: ReturnType<typeof apiServer>['api']) => Promise<unknown>, string]>([
    ['reading what is not there', (api) => api.get(ref(kinds.configMap, 'none')), '404 NotFound'],
    [
      'patching what is not there',
      (api) => api.patch(ref(kinds.configMap, 'none'), { type: 'merge', body: {} }),
      '404 NotFound',
    ],
    ['deleting what is not there', (api) => api.delete(ref(kinds.configMap, 'none')), '404 NotFound'],
    ['scaling what is not there', (api) => api.scale(ref(kinds.statefulSet, 'none'), 1), '404 NotFound'],
    ['creating it twice', (api) => api.create(configMap('settings', {})), '409 AlreadyExists'],
    [
      'a patch for another version',
      (api) => api.patch(mapRef, { type: 'merge', body: { metadata: { resourceVersion: '999' }, data: { a: '2' } } }),
      '409 Conflict',
    ],
    ['less than no replicas', (api) => api.scale(ref(kinds.statefulSet, 'ee'), -1), '422 Invalid'],
    [
      'another selector of a stateful set',
      (api) =>
        api.patch(ref(kinds.statefulSet, 'ee'), {
          type: 'merge',
          body: { spec: { selector: { matchLabels: { x: 'y' } } } },
        }),
      '422 Invalid',
    ],
  ])('refuses %s', async (_, work, expected) => {
    const { clock, api, store } = apiServer();
    store.create(configMap('settings', { a: '1' }));
    store.create(statefulSet('ee', 3));
    await clock.run(async () => expect(await refusal(work(api))).toBe(expected));
  });

  it('take time for each call: half before the server acts, half after', async () => {
    const { clock, api, store } = apiServer({ latencyMs: 10 });
    await clock.run(async () => {
      const answer = api.create(configMap('settings', {}));
      await clock.sleep(4);
      expect(store.find(mapRef)).toBeUndefined();
      await clock.sleep(2);
      expect(store.find(mapRef)).toBeDefined();
      const before = clock.now();
      await answer;
      expect(clock.now() - before).toBe(4);
    });
  });

  it('can be aborted before the server acts, and not undone after', async () => {
    const { clock, api, store } = apiServer({ latencyMs: 10 });
    await clock.run(async () => {
      for (const [name, afterMs, stored] of [
        ['early', 2, false],
        ['late', 7, true],
      ] as const) {
        const controller = new AbortController();
        const reason = new Error('enough');
        const answer = api.create(configMap(name, {}), controller.signal).catch((error: unknown) => error);
        await clock.sleep(afterMs);
        controller.abort(reason);
        expect(await answer).toBe(reason);
        await clock.sleep(20);
        expect(store.find(ref(kinds.configMap, name)) !== undefined).toBe(stored);
      }
    });
  });

  it('pass an interceptor, which may refuse a call or lose its answer', async () => {
    const lost = new KubeApiError(0, 'Unreachable', 'connection reset');
    const seen: string[] = [];
    const { clock, api, store } = apiServer({
      intercept: async (call, perform) => {
        seen.push(`${call.verb} ${call.kind} ${call.name}`);
        const answer = await perform();
        if (call.verb === 'create') throw lost;
        return answer;
      },
    });
    await clock.run(async () => {
      expect(await api.create(configMap('settings', {})).catch((error: unknown) => error)).toBe(lost);
      expect(store.find(mapRef)).toBeDefined();
      await api.get(mapRef);
      expect(seen).toEqual(['create ConfigMap settings', 'get ConfigMap settings']);
    });
  });
});

describe('changes through the in-memory API', () => {
  it('count a generation for the spec, and none for metadata, status or nothing', async () => {
    const { clock, api, store } = apiServer();
    const set = ref(kinds.statefulSet, 'ee');
    store.create(statefulSet('ee', 3));
    await clock.run(async () => {
      const change = async (body: object, subresource?: 'status') => {
        const patch = { type: 'merge', body } as const;
        const { metadata } = await api.patch<StatefulSet>(set, patch, subresource ? { subresource } : {});
        return [metadata.generation, metadata.resourceVersion];
      };
      expect(await change({ spec: { replicas: 3 } })).toEqual([1, '1']);
      expect(await change({ metadata: { labels: { a: 'b' } } })).toEqual([1, '2']);
      expect(await change({ spec: { replicas: 2 } })).toEqual([2, '3']);
      expect(await change({ status: { replicas: 2 } }, 'status')).toEqual([2, '4']);
      await api.scale(set, 5);
      expect((await api.get(set)).metadata).toMatchObject({ generation: 3, resourceVersion: '5' });
    });
  });

  it('reach the status through its subresource only, and through that nothing else', async () => {
    const { clock, api, store } = apiServer();
    const set = ref(kinds.statefulSet, 'ee');
    store.create({ ...statefulSet('ee', 3), status: { replicas: 9 } });
    await clock.run(async () => {
      expect(await api.get(set)).not.toHaveProperty('status');
      const both = { spec: { replicas: 1 }, status: { replicas: 1 } };
      expect(await api.patch<StatefulSet>(set, { type: 'merge', body: both }, { subresource: 'status' })).toMatchObject(
        {
          spec: { replicas: 3 },
          status: { replicas: 1 },
        },
      );
      const other = { spec: { replicas: 2 }, status: { replicas: 2 } };
      expect(await api.patch<StatefulSet>(set, { type: 'merge', body: other })).toMatchObject({
        spec: { replicas: 2 },
        status: { replicas: 1 },
      });
    });
  });

  it('cannot touch what the server alone writes', async () => {
    const { clock, api, store } = apiServer();
    const { uid, creationTimestamp } = store.create(configMap('settings', {})).metadata;
    await clock.run(async () => {
      const body = { metadata: { uid: 'mine', creationTimestamp: null, generation: 9, deletionTimestamp: 'now' } };
      const { metadata } = await api.patch(mapRef, { type: 'merge', body });
      expect(metadata).toEqual({
        name: 'settings',
        namespace: 'default',
        uid,
        creationTimestamp,
        resourceVersion: '1',
      });
    });
  });

  it('are listed by equality of labels, with the version a watch goes on from', async () => {
    const { clock, api, store } = apiServer();
    store.create(configMap('b', {}, { app: 'x', tier: 'front' }));
    store.create(configMap('a', {}, { app: 'x' }));
    store.create(configMap('c', {}));
    store.create({
      ...configMap('d', {}, { app: 'x' }),
      metadata: { name: 'd', namespace: 'other', labels: { app: 'x' } },
    });
    await clock.run(async () => {
      const list = async (labels?: Record<string, string>) => {
        const { items } = await api.list({ ...kinds.configMap, namespace: 'default', ...(labels && { labels }) });
        return items.map(({ metadata }) => metadata.name);
      };
      expect(await list()).toEqual(['a', 'b', 'c']);
      expect(await list({ app: 'x' })).toEqual(['a', 'b']);
      expect(await list({ app: 'x', tier: 'front' })).toEqual(['b']);
      expect((await api.list({ ...kinds.configMap, namespace: 'default' })).resourceVersion).toBe('4');
    });
  });
});

describe('deletion through the in-memory API', () => {
  it('removes an object at once', async () => {
    const { clock, api, store } = apiServer();
    store.create(configMap('settings', {}));
    await clock.run(async () => {
      await api.delete(mapRef);
      expect(store.find(mapRef)).toBeUndefined();
    });
  });

  it('waits for the finalizers', async () => {
    const { clock, api, store } = apiServer();
    const map = configMap('settings', {});
    store.create({ ...map, metadata: { ...map.metadata, finalizers: ['a', 'b'] } });
    await clock.run(async () => {
      await api.delete(mapRef);
      expect(store.get(mapRef).metadata.deletionTimestamp).toBe('2026-01-01T00:00:00Z');
      await api.patch(mapRef, { type: 'merge', body: { metadata: { finalizers: ['b'] } } });
      expect(store.find(mapRef)).toBeDefined();
      await api.patch(mapRef, { type: 'merge', body: { metadata: { finalizers: null } } });
      expect(store.find(mapRef)).toBeUndefined();
    });
  });

  it.each([
    ['its own grace period', {}, 30],
    ['a shorter one', { gracePeriodSeconds: 5 }, 5],
  ])('marks a pod on a node with %s', async (_, options, seconds) => {
    const { clock, api, store } = apiServer();
    const target = ref(kinds.pod, 'p');
    store.create({ ...pod('p'), spec: { ...pod('p').spec, nodeName: 'n' } });
    await clock.run(async () => {
      await api.delete(target, options);
      expect(store.get(target).metadata).toMatchObject({
        deletionTimestamp: `2026-01-01T00:00:${String(seconds).padStart(2, '0')}Z`,
        deletionGracePeriodSeconds: seconds,
      });
      await api.delete(target, { gracePeriodSeconds: 0 });
      expect(store.find(target)).toBeUndefined();
    });
  });

  it('removes a pod at once that no node has, and keeps the shorter of two grace periods', async () => {
    const { clock, api, store } = apiServer();
    store.create(pod('unbound'));
    store.create({ ...pod('bound'), spec: { ...pod('bound').spec, nodeName: 'n' } });
    await clock.run(async () => {
      await api.delete(ref(kinds.pod, 'unbound'));
      expect(store.find(ref(kinds.pod, 'unbound'))).toBeUndefined();
      await api.delete(ref(kinds.pod, 'bound'), { gracePeriodSeconds: 5 });
      await api.delete(ref(kinds.pod, 'bound'), { gracePeriodSeconds: 20 });
      expect(store.get<Pod>(ref(kinds.pod, 'bound')).metadata.deletionGracePeriodSeconds).toBe(5);
    });
  });
});

describe('a watch of the in-memory API', () => {
  const query = { ...kinds.configMap, namespace: 'default' };

  async function collect(events: AsyncIterable<WatchEvent<KubeObject>>, into: string[]): Promise<void> {
    for await (const { type, object } of events) into.push(`${type} ${object.metadata.name}`);
  }

  it('begins with what exists, goes on with changes, and ends without a word when aborted', async () => {
    const { clock, api, store } = apiServer();
    const end = new AbortController();
    const seen: string[] = [];
    store.create(configMap('a', {}));
    await clock.run(async () => {
      const watching = collect(api.watch(query, {}, end.signal), seen);
      await clock.sleep(10);
      store.create(configMap('b', {}));
      store.update(ref(kinds.configMap, 'a'), (draft) => ({ ...draft, data: { x: 'y' } }));
      store.update(ref(kinds.configMap, 'a'), () => undefined);
      store.delete(ref(kinds.configMap, 'b'));
      await clock.sleep(10);
      end.abort(new Error('enough'));
      await watching;
    });
    expect(seen).toEqual(['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED b']);
  });

  it('goes on behind a version, with nothing lost and nothing twice', async () => {
    const { clock, api, store } = apiServer();
    const end = new AbortController();
    const seen: string[] = [];
    store.create(configMap('a', {}));
    await clock.run(async () => {
      const { resourceVersion } = await api.list(query);
      store.create(configMap('b', {}));
      const watching = collect(api.watch(query, { resourceVersion }, end.signal), seen);
      store.create(configMap('c', {}));
      await clock.sleep(10);
      store.create(configMap('d', {}));
      await clock.sleep(10);
      end.abort(new Error('enough'));
      await watching;
    });
    expect(seen).toEqual(['ADDED b', 'ADDED c', 'ADDED d']);
  });

  it('tells of objects whose labels come to match as ADDED, and of those that cease to as DELETED', async () => {
    const { clock, api, store } = apiServer();
    const end = new AbortController();
    const seen: string[] = [];
    store.create(configMap('a', {}));
    const label = (labels: Record<string, string>) =>
      store.update(ref(kinds.configMap, 'a'), (draft) => ({ ...draft, metadata: { ...draft.metadata, labels } }));
    await clock.run(async () => {
      const watching = collect(api.watch({ ...query, labels: { app: 'x' } }, {}, end.signal), seen);
      await clock.sleep(10);
      label({ app: 'x' });
      label({ app: 'x', more: 'y' });
      label({ app: 'z' });
      await clock.sleep(10);
      end.abort(new Error('enough'));
      await watching;
    });
    expect(seen).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
  });

  it.each([
    ['compacted', ({ store }: ReturnType<typeof apiServer>) => store.compact()],
    ['five minutes old', ({ clock }: ReturnType<typeof apiServer>) => clock.sleep(301_000)],
  ])('is refused with Expired when changes it needs are %s', async (_, forget) => {
    const server = apiServer();
    const { clock, api, store } = server;
    await clock.run(async () => {
      store.create(configMap('a', {}));
      const { resourceVersion } = await api.list(query);
      store.create(configMap('b', {}));
      await forget(server);
      const error = await collect(api.watch(query, { resourceVersion }, new AbortController().signal), []).catch(
        (reason: unknown) => reason,
      );
      expect(isKubeError(error, 'Expired')).toBe(true);
      expect((error as KubeApiError).status).toBe(410);
    });
  });

  it('that the server ends fails, behind what it had to tell', async () => {
    const { clock, api, store } = apiServer();
    const seen: string[] = [];
    await clock.run(async () => {
      const watching = collect(api.watch(query, {}, new AbortController().signal), seen).catch(
        (error: unknown) => error,
      );
      await clock.sleep(10);
      store.create(configMap('a', {}));
      api.endWatches();
      expect(isKubeError(await watching, 'Unreachable')).toBe(true);
    });
    expect(seen).toEqual(['ADDED a']);
  });
});
