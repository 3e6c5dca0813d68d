import type { KubeApiError } from '../../src/kubernetes/kube-api';
import {
  CONFIG_MAP,
  type ConfigMap,
  type ContractSubject,
  type Emqx,
  type Means,
  meansOf,
  type Pod,
  type Service,
  type StatefulSet,
} from './_contract-means';

/** What every {@link KubeApi} does alike, be the server real or simulated. `start` begins a test. */
export function kubeApiContract(start: () => Promise<ContractSubject>): void {
  /** A test with the means to say it in. */
  const alike = (name: string, body: (means: Means) => Promise<void>) =>
    test(name, async () => {
      const subject = await start();
      await subject.run(() => body(meansOf(subject)));
    });

  describe('objects', () => {
    alike('get an identity, a version and a time, and are read as they were created', async ({ api, map, ref }) => {
      const created = await api.create(map('settings', { a: '1' }, { app: 'x' }));
      expect(created).toMatchObject({ ...CONFIG_MAP, data: { a: '1' }, metadata: { labels: { app: 'x' } } });
      const { uid, resourceVersion, creationTimestamp, generation } = created.metadata;
      expect(uid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(resourceVersion).toMatch(/^[1-9]\d*$/);
      expect(creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(generation).toBeUndefined();
      expect(await api.get(ref('settings'))).toEqual(created);
    });

    alike('that are not there are NotFound, whatever is asked of them', async ({ api, ref, refusal }) => {
      const none = ref('none');
      expect(await refusal(api.get(none))).toBe('404 NotFound');
      expect(await refusal(api.delete(none))).toBe('404 NotFound');
      expect(await refusal(api.patch(none, { type: 'merge', body: { data: {} } }))).toBe('404 NotFound');
      expect(await refusal(api.scale({ ...none, apiVersion: 'apps/v1', kind: 'StatefulSet' }, 1))).toBe('404 NotFound');
    });

    alike('can be created once', async ({ api, map, refusal }) => {
      await api.create(map('settings'));
      expect(await refusal(api.create(map('settings')))).toBe('409 AlreadyExists');
    });

    alike('are listed by name, and in all namespaces', async ({ api, map, all, namespace }) => {
      await Promise.all(['a', 'b'].map((name) => api.create(map(name, {}, { app: 'x' }))));
      const names = async (query: object) => {
        const { items } = await api.list({ ...all({ app: 'x' }), ...query });
        return items.flatMap(({ metadata }) => (metadata.namespace === namespace ? metadata.name : [])).sort();
      };
      expect(await names({ name: 'b' })).toEqual(['b']);
      expect(await names({ name: 'c' })).toEqual([]);
      expect(await names({ namespace: '' })).toEqual(['a', 'b']);
    });

    alike('that are events are listed by what they are about, and why', async ({ api, namespace }) => {
      const event = (name: string, uid: string, reason: string) => ({
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace },
        involvedObject: { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name: 'x', uid },
        reason,
      });
      const given = [event('a', 'u-1', 'FailedCreate'), event('b', 'u-2', 'FailedCreate'), event('c', 'u-1', 'Other')];
      for (const each of given) await api.create(each);
      const fields = { 'involvedObject.uid': 'u-1', reason: 'FailedCreate' };
      const { items } = await api.list({ apiVersion: 'v1', kind: 'Event', namespace, fields });
      expect(items.map(({ metadata }) => metadata.name)).toEqual(['a']);
    });

    alike('are listed by equality of all labels, each with its kind', async ({ api, map, all }) => {
      await api.create(map('b', {}, { app: 'x', tier: 'front' }));
      await api.create(map('a', {}, { app: 'x' }));
      await api.create(map('c'));
      const names = async (labels?: Record<string, string>) => {
        const { items } = await api.list(all(labels));
        expect(items.every(({ apiVersion, kind }) => apiVersion === 'v1' && kind === 'ConfigMap')).toBe(true);
        // A server puts maps of its own into each namespace.
        return items.map(({ metadata }) => metadata.name).filter((name) => name.length === 1);
      };
      expect(await names()).toEqual(['a', 'b', 'c']);
      expect(await names({ app: 'x' })).toEqual(['a', 'b']);
      expect(await names({ app: 'x', tier: 'front' })).toEqual(['b']);
      expect(await names({ app: 'y' })).toEqual([]);
    });

    alike('go at once when they are deleted', async ({ api, map, ref, refusal }) => {
      await api.create(map('settings'));
      await api.delete(ref('settings'));
      expect(await refusal(api.get(ref('settings')))).toBe('404 NotFound');
    });

    alike('with finalizers are only marked, and go with the last of them', async ({ api, map, ref, refusal }) => {
      const finalizers = ['test.emqx.io/a', 'test.emqx.io/b'];
      const held = map('held');
      await api.create({ ...held, metadata: { ...held.metadata, finalizers } });
      await api.delete(ref('held'));
      expect((await api.get(ref('held'))).metadata.deletionTimestamp).toBeDefined();
      const keep = (left: string[] | null) =>
        api.patch(ref('held'), { type: 'merge', body: { metadata: { finalizers: left } } });
      await keep(['test.emqx.io/b']);
      expect((await api.get(ref('held'))).metadata.finalizers).toEqual(['test.emqx.io/b']);
      await keep(null);
      expect(await refusal(api.get(ref('held')))).toBe('404 NotFound');
    });

    alike('that are pods without a node need no kubelet to go', async ({ api, pod, refusal }) => {
      const { ref, object } = pod('waiting');
      await api.create(object);
      await api.delete(ref, { gracePeriodSeconds: 30 });
      expect(await refusal(api.get(ref))).toBe('404 NotFound');
    });

    alike('of which one field is wrong are Invalid, and nothing is stored', async ({ api, namespace, refusal }) => {
      const ref = { apiVersion: 'v1', kind: 'Service', namespace, name: 'wrong' };
      const spec = { type: 'NodePort', ports: [{ port: 1883, nodePort: 80 }] };
      const { apiVersion, kind } = ref;
      const wrong: Service = { apiVersion, kind, metadata: { name: 'wrong', namespace }, spec };
      expect(await refusal(api.create(wrong))).toBe('422 Invalid');
      expect(await refusal(api.get(ref))).toBe('404 NotFound');
    });
  });

  describe('a merge patch', () => {
    alike('sets members, and removes those that are null', async ({ api, map, ref }) => {
      await api.create(map('settings', { a: '1', b: '2' }, { app: 'x', tier: 'y' }));
      const body = { metadata: { labels: { tier: null } }, data: { b: null, c: '3' } };
      const patched = await api.patch<ConfigMap>(ref('settings'), { type: 'merge', body });
      expect(patched.data).toEqual({ a: '1', c: '3' });
      expect(patched.metadata.labels).toEqual({ app: 'x' });
      expect(await api.get(ref('settings'))).toEqual(patched);
    });

    alike('that changes nothing makes no new version', async ({ api, map, ref }) => {
      const created = await api.create(map('settings', { a: '1' }));
      const body = { data: { a: '1', z: null } };
      const patched = await api.patch(ref('settings'), { type: 'merge', body });
      expect(patched.metadata.resourceVersion).toBe(created.metadata.resourceVersion);
    });

    alike('that is a dry run answers with what would be, and stores nothing', async ({ api, map, ref, refusal }) => {
      const created = await api.create(map('settings', { a: '1' }));
      const body = { data: { a: '2' } };
      const patched = await api.patch<ConfigMap>(ref('settings'), { type: 'merge', body }, { dryRun: true });
      expect(patched.data).toEqual({ a: '2' });
      expect(await api.get(ref('settings'))).toEqual(created);
      await api.patch(ref('settings'), { type: 'merge', body });
      const stale = { metadata: { resourceVersion: created.metadata.resourceVersion }, ...body };
      expect(await refusal(api.patch(ref('settings'), { type: 'merge', body: stale }, { dryRun: true }))).toBe(
        '409 Conflict',
      );
    });

    alike('for a version is refused when there is a newer one', async ({ api, map, ref, refusal }) => {
      const { metadata } = await api.create(map('settings', { a: '1' }));
      const patch = (a: string) =>
        api.patch<ConfigMap>(ref('settings'), {
          type: 'merge',
          body: { metadata: { resourceVersion: metadata.resourceVersion }, data: { a } },
        });
      expect((await patch('2')).data).toEqual({ a: '2' });
      expect(await refusal(patch('3'))).toBe('409 Conflict');
      expect((await api.get<ConfigMap>(ref('settings'))).data).toEqual({ a: '2' });
    });

    alike('of the spec counts a generation; of labels, or without an effect, it does not', async ({ api, emqx }) => {
      const { ref, object } = emqx('ee');
      expect((await api.create(object)).metadata.generation).toBe(1);
      const generation = async (body: object) => (await api.patch(ref, { type: 'merge', body })).metadata.generation;
      expect(await generation({ spec: { replicas: 5 } })).toBe(2);
      expect(await generation({ spec: { replicas: 5 } })).toBe(2);
      expect(await generation({ metadata: { labels: { a: 'b' } } })).toBe(2);
      expect(await generation({ spec: { blueGreenUpdate: { initialDelaySeconds: 9 } } })).toBe(3);
    });
  });

  describe('a status', () => {
    alike('is written through its subresource only, and nothing else is', async ({ api, emqx }) => {
      const { ref, object } = emqx('ee');
      const created = await api.create<Emqx>({ ...object, status: { readyReplicas: 9 } });
      expect(created.status?.readyReplicas).toBeUndefined();
      const both = (count: number) => ({ spec: { replicas: count }, status: { readyReplicas: count } });
      const spec = await api.patch<Emqx>(ref, { type: 'merge', body: both(5) });
      expect([spec.spec.replicas, spec.status?.readyReplicas]).toEqual([5, undefined]);
      const status = await api.patch<Emqx>(ref, { type: 'merge', body: both(7) }, { subresource: 'status' });
      expect([status.spec.replicas, status.status?.readyReplicas, status.metadata.generation]).toEqual([5, 7, 2]);
    });

    alike('of a pod takes a condition, beside the others and only for the version read', async (means) => {
      const { api, pod, refusal } = means;
      const { ref, object } = pod('gated');
      const { metadata } = await api.create(object);
      const gate = (status: string) => ({ type: 'apps.emqx.io/on-serving', status, lastTransitionTime: null });
      const mark = (status: string) =>
        api.patch<Pod>(
          ref,
          {
            type: 'merge',
            body: { metadata: { resourceVersion: metadata.resourceVersion }, status: { conditions: [gate(status)] } },
          },
          { subresource: 'status' },
        );
      expect((await mark('True')).status?.conditions).toMatchObject([{ type: gate('').type, status: 'True' }]);
      expect(await refusal(mark('False'))).toBe('409 Conflict');
    });

    alike('can be applied: conditions of others stay', async ({ api, pod }) => {
      const { ref, object } = pod('gated');
      await api.create(object);
      const apply = (fieldManager: string, type: string) => {
        const status = { conditions: [{ type, status: 'True' }] };
        const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'gated' }, status } as Pod;
        return api.patch<Pod>(ref, { type: 'apply', fieldManager, body }, { subresource: 'status' });
      };
      await apply('one', 'test.io/a');
      const { status } = await apply('two', 'test.io/b');
      expect(status?.conditions?.map(({ type }) => type).sort()).toEqual(['test.io/a', 'test.io/b']);
    });
  });

  describe('scale', () => {
    alike('has a dry run, as a patch of the subresource', async ({ api, statefulSet }) => {
      const { ref, object } = statefulSet('ee');
      const { spec } = await api.create<StatefulSet>(object);
      const body = { spec: { replicas: 7 } };
      await api.patch(ref, { type: 'merge', body }, { subresource: 'scale', dryRun: true });
      expect((await api.get<StatefulSet>(ref)).spec.replicas).toBe(spec.replicas);
    });

    alike('sets the replicas, and counts a generation', async ({ api, statefulSet, refusal }) => {
      const { ref, object } = statefulSet('ee');
      await api.create(object);
      await api.scale(ref, 2);
      const { spec, metadata } = await api.get<StatefulSet>(ref);
      expect([spec.replicas, metadata.generation]).toEqual([2, 2]);
      expect(await refusal(api.scale(ref, -1))).toBe('422 Invalid');
      await api.scale(ref, 0);
      expect((await api.get<StatefulSet>(ref)).spec.replicas).toBe(0);
    });
  });

  describe('server-side apply', () => {
    alike('creates what is absent; the same again makes no new version', async ({ api, ref, apply }) => {
      const first = await apply('one', { a: '1' });
      expect(first.data).toEqual({ a: '1' });
      expect((await apply('one', { a: '1' })).metadata.resourceVersion).toBe(first.metadata.resourceVersion);
      expect(await api.get(ref('applied'))).toMatchObject({ data: { a: '1' } });
    });

    alike('removes what its manager applies no longer, and nothing of others', async ({ api, ref, apply }) => {
      await apply('one', { a: '1', b: '2' });
      await api.patch(ref('applied'), { type: 'merge', body: { data: { c: '3' } } });
      await apply('two', { d: '4', b: '2' });
      expect((await apply('one', { a: '1' })).data).toEqual({ a: '1', b: '2', c: '3', d: '4' });
      expect((await apply('two', { d: '4' })).data).toEqual({ a: '1', c: '3', d: '4' });
    });

    alike('of another value than another manager set is refused, with manager and field', async (means) => {
      const { api, ref, apply, refusal } = means;
      await apply('one', { a: '1' });
      const error = await apply('two', { a: '2', b: '3' }).catch((reason: unknown) => reason as KubeApiError);
      expect(error).toMatchObject({ status: 409, code: 'Conflict' });
      expect((error as Error).message).toMatch(/1 conflict.*"one".*\.data\.a/);
      expect((await api.get<ConfigMap>(ref('applied'))).data).toEqual({ a: '1' });
      await api.patch(ref('applied'), { type: 'merge', body: { data: { a: '9' } } });
      expect(await refusal(apply('one', { a: '1' }))).toBe('409 Conflict');
    });

    alike('with force takes the field from its owner, who meets a conflict then', async ({ apply, refusal }) => {
      await apply('one', { a: '1' });
      expect((await apply('two', { a: '2' }, true)).data).toEqual({ a: '2' });
      expect(await refusal(apply('one', { a: '1' }))).toBe('409 Conflict');
      // What is no longer its own it gives up without removing it.
      expect((await apply('one', { b: '1' })).data).toEqual({ a: '2', b: '1' });
    });

    alike('of a field with the same value shares it', async ({ apply }) => {
      await apply('one', { a: '1' });
      await apply('two', { a: '1' });
      expect((await apply('one', { b: '1' })).data).toEqual({ a: '1', b: '1' });
      expect((await apply('two', { b: '1' })).data).toEqual({ b: '1' });
    });

    alike('for another version than the stored one is refused', async ({ api, ref, map, apply, refusal }) => {
      const { metadata } = await apply('one', { a: '1' });
      await apply('one', { a: '2' });
      const old = map('applied', { a: '3' });
      const body = { ...old, metadata: { ...old.metadata, resourceVersion: metadata.resourceVersion! } };
      const patch = { type: 'apply', fieldManager: 'one', body } as const;
      expect(await refusal(api.patch(ref('applied'), patch))).toBe('409 Conflict');
    });

    alike('of ports goes by port and protocol', async ({ api, namespace }) => {
      const ref = { apiVersion: 'v1', kind: 'Service', namespace, name: 'mqtt' };
      const apply = (fieldManager: string, ports: object[]) => {
        const body = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'mqtt' }, spec: { ports } } as Service;
        return api.patch<Service>(ref, { type: 'apply', fieldManager, body });
      };
      const [mqtt, ws] = [
        { name: 'mqtt', port: 1883, protocol: 'TCP' },
        { name: 'ws', port: 8083, protocol: 'TCP' },
      ] as const;
      await apply('one', [mqtt]);
      expect((await apply('two', [ws])).spec.ports).toMatchObject([mqtt, ws]);
      const { spec } = await apply('two', [{ ...ws, targetPort: 8084 }]);
      expect(spec).toMatchObject({ type: 'ClusterIP', ports: [mqtt, { ...ws, targetPort: 8084 }] });
      expect(spec.clusterIP).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    });

    alike('of a custom resource leaves the fields of others alone', async ({ api, emqx }) => {
      const { ref, object } = emqx('ee');
      await api.patch(ref, { type: 'apply', fieldManager: 'user', body: object });
      await api.patch(ref, {
        type: 'merge',
        body: { spec: { blueGreenUpdate: { initialDelaySeconds: 2_000_000_000 } } },
      });
      const again = { ...object, spec: { ...object.spec, replicas: 5 } };
      const { spec } = await api.patch<Emqx>(ref, { type: 'apply', fieldManager: 'user', body: again });
      expect(spec).toMatchObject({ replicas: 5, blueGreenUpdate: { initialDelaySeconds: 2_000_000_000 } });
    });
  });

  describe('a watch', () => {
    alike('begins with what exists, when it is given no version', async ({ api, map, ref, all, events }) => {
      await api.create(map('a', {}, { app: 'x' }));
      await api.create(map('b', {}, { app: 'x' }));
      const seen = await events(all({ app: 'x' }), undefined, 4, async () => {
        await api.patch(ref('a'), { type: 'merge', body: { data: { x: 'y' } } });
        await api.delete(ref('b'));
      });
      expect(seen).toEqual(['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED b']);
    });

    alike('goes on behind a list, with nothing lost and nothing twice', async ({ api, map, all, events }) => {
      await api.create(map('a', {}, { app: 'x' }));
      const { resourceVersion } = await api.list(all());
      await api.create(map('b', {}, { app: 'x' }));
      const seen = await events(all({ app: 'x' }), resourceVersion, 2, () => api.create(map('c', {}, { app: 'x' })));
      expect(seen).toEqual(['ADDED b', 'ADDED c']);
    });

    alike('goes on behind any version seen', async ({ api, map, ref, all, events }) => {
      const { metadata } = await api.create(map('a', {}, { app: 'x' }));
      await api.patch(ref('a'), { type: 'merge', body: { data: { x: 'y' } } });
      await api.delete(ref('a'));
      expect(await events(all({ app: 'x' }), metadata.resourceVersion, 2)).toEqual(['MODIFIED a', 'DELETED a']);
    });

    alike('tells of labels that come to match as ADDED, and cease to as DELETED', async (means) => {
      const { api, map, ref, all, events } = means;
      await api.create(map('a'));
      const { resourceVersion } = await api.list(all());
      const label = (labels: object) => api.patch(ref('a'), { type: 'merge', body: { metadata: { labels } } });
      await label({ app: 'x' });
      await label({ more: 'y' });
      await label({ app: 'z' });
      expect(await events(all({ app: 'x' }), resourceVersion, 3)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
    });

    alike('of one name tells of no other', async ({ api, map, ref, all, events }) => {
      await api.create(map('a'));
      const { resourceVersion } = await api.list(all());
      await api.create(map('b'));
      await api.delete(ref('a'));
      const seen = await events({ ...all(), name: 'b' }, resourceVersion, 2, () => api.delete(ref('b')));
      expect(seen).toEqual(['ADDED b', 'DELETED b']);
    });

    alike('behind a version that is forgotten is Expired', async ({ api, map, all, expired, refusal }) => {
      await api.create(map('a'));
      const version = await expired();
      const watch = api.watch(all(), { resourceVersion: version }, new AbortController().signal);
      expect(await refusal(watch[Symbol.asyncIterator]().next())).toBe('410 Expired');
    });

    alike('ends without a word when it is aborted, before or after it began', async ({ api, map, all }) => {
      await api.create(map('a', {}, { app: 'x' }));
      const end = new AbortController();
      const seen: unknown[] = [];
      for await (const event of api.watch(all({ app: 'x' }), {}, end.signal)) {
        seen.push(event);
        end.abort(new Error('enough'));
      }
      for await (const event of api.watch(all(), {}, end.signal)) seen.push(event);
      expect(seen).toHaveLength(1);
    });
  });

  alike('an aborted request rejects with the reason', async ({ api, map, ref }) => {
    await api.create(map('a'));
    const end = new AbortController();
    const reason = new Error('enough');
    const asked = api.get(ref('a'), end.signal).catch((error: unknown) => error);
    end.abort(reason);
    expect(await asked).toBe(reason);
    expect(await api.get(ref('a'), end.signal).catch((error: unknown) => error)).toBe(reason);
  });
}
