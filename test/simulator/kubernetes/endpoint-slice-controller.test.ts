import type { EndpointSlice, Endpoints, Pod, Service } from '../../../src/simulator/kubernetes/core-types';
import { kinds } from '../../../src/simulator/kubernetes/kinds';
import { cluster, ref, service, statefulSet } from './fixtures';

function slices(store: ReturnType<typeof cluster>['store'], name: string): EndpointSlice[] {
  const labels = { 'kubernetes.io/service-name': name };
  return store.list<EndpointSlice>({ ...kinds.endpointSlice, namespace: 'default', labels });
}

function ready(slice: EndpointSlice | undefined): string[] {
  return (slice?.endpoints ?? []).filter(({ conditions }) => conditions.ready).map(({ targetRef }) => targetRef!.name);
}

describe('the endpoint slice of a Service with a selector', () => {
  it('follows the pods: ready, being deleted, gone', async () => {
    const { clock, store } = cluster();
    store.create(service('mqtt', { selector: { app: 'ee' }, ports: [{ name: 'mqtt', port: 1883 }] }));
    store.create(statefulSet('ee', 3));
    await clock.advance(500);
    expect(slices(store, 'mqtt')).toMatchObject([
      { endpoints: [], ports: [{ name: 'mqtt', port: 1883, protocol: 'TCP' }] },
    ]);
    await clock.advance(2000);
    expect(ready(slices(store, 'mqtt')[0])).toEqual(['ee-0', 'ee-1', 'ee-2']);
    store.delete(ref(kinds.pod, 'ee-1'));
    await clock.advance(300);
    expect(slices(store, 'mqtt')[0]!.endpoints.map(({ conditions }) => conditions)).toEqual([
      { ready: true, serving: true, terminating: false },
      { ready: false, serving: true, terminating: true },
      { ready: true, serving: true, terminating: false },
    ]);
    await clock.advance(10_000);
    expect(ready(slices(store, 'mqtt')[0])).toEqual(['ee-0', 'ee-1', 'ee-2']);
  });

  it('changes over when the selector does, as one change of one object', async () => {
    const { clock, store } = cluster();
    store.create(service('mqtt', { selector: { app: 'ee', set: 'blue' }, ports: [{ port: 1883 }] }));
    for (const name of ['blue', 'green']) {
      const set = statefulSet(name, 2);
      const labels = { app: 'ee', set: name };
      set.spec.selector.matchLabels = labels;
      set.spec.template.metadata = { labels };
      store.create(set);
    }
    await clock.advance(3000);
    const before = slices(store, 'mqtt')[0]!;
    expect(ready(before)).toEqual(['blue-0', 'blue-1']);
    store.update<Service>(ref(kinds.service, 'mqtt'), (draft) => {
      draft.spec.selector = { app: 'ee', set: 'green' };
      return undefined;
    });
    await clock.advance(200);
    const [after] = slices(store, 'mqtt');
    expect(ready(after)).toEqual(['green-0', 'green-1']);
    expect(after!.metadata.uid).toBe(before.metadata.uid);
    expect(after!.metadata.generation).toBe(before.metadata.generation! + 1);
  });

  it('of a headless Service lists all pods with an address as ready when it publishes them', async () => {
    const { clock, store } = cluster();
    const spec = {
      clusterIP: 'None',
      selector: { app: 'ee' },
      publishNotReadyAddresses: true,
      ports: [{ port: 8081 }],
    };
    store.create(service('headless', spec));
    const set = statefulSet('ee', 1);
    set.spec.template.spec.readinessGates = [{ conditionType: 'never' }];
    store.create(set);
    await clock.advance(3000);
    expect(ready(slices(store, 'headless')[0])).toEqual(['ee-0']);
  });

  it('resolves the name of a target port by the pods', async () => {
    const { clock, store } = cluster();
    store.create(service('mqtt', { selector: { app: 'ee' }, ports: [{ port: 80, targetPort: 'mqtt' }] }));
    const set = statefulSet('ee', 1);
    set.spec.template.spec.containers[0]!.ports = [{ name: 'mqtt', containerPort: 1883 }];
    store.create(set);
    await clock.advance(3000);
    expect(slices(store, 'mqtt')[0]!.ports).toEqual([{ port: 1883, protocol: 'TCP' }]);
  });

  it('goes with its Service', async () => {
    const { clock, store } = cluster();
    store.create(service('mqtt', { selector: { app: 'ee' }, ports: [{ port: 1883 }] }));
    await clock.advance(500);
    store.delete(ref(kinds.service, 'mqtt'));
    await clock.advance(500);
    expect(slices(store, 'mqtt')).toEqual([]);
  });
});

describe('the endpoint slice of a Service without a selector', () => {
  it('mirrors the Endpoints object, as it is written, whatever became of the pods', async () => {
    const { clock, store } = cluster();
    store.create(service('native', { ports: [{ name: 'mqtt', port: 1883 }] }));
    store.create(statefulSet('ee', 1));
    await clock.advance(3000);
    expect(slices(store, 'native')).toEqual([]);
    const { status, metadata } = store.get<Pod>(ref(kinds.pod, 'ee-0'));
    const targetRef = { kind: 'Pod', namespace: 'default', name: 'ee-0', uid: metadata.uid! };
    store.create<Endpoints>({
      ...kinds.endpoints,
      metadata: { name: 'native', namespace: 'default' },
      subsets: [
        {
          addresses: [{ ip: status!.podIP!, nodeName: 'node-1', targetRef }],
          ports: [{ name: 'mqtt', port: 1883, protocol: 'TCP' }],
        },
      ],
    });
    store.delete(ref(kinds.pod, 'ee-0'));
    await clock.advance(500);
    expect(slices(store, 'native')).toMatchObject([
      {
        metadata: { labels: { 'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io' } },
        endpoints: [
          { addresses: [status!.podIP], conditions: { ready: true, serving: true, terminating: false }, targetRef },
        ],
        ports: [{ name: 'mqtt', port: 1883, protocol: 'TCP' }],
      },
    ]);
  });
});

describe('a Service', () => {
  it('gets an address and node ports, and keeps them when it is written again without', () => {
    const { store } = cluster();
    const created = store.create(service('mqtt', { type: 'NodePort', ports: [{ name: 'mqtt', port: 1883 }] }));
    expect(created.spec).toEqual({
      type: 'NodePort',
      clusterIP: '10.96.0.1',
      ports: [{ name: 'mqtt', port: 1883, protocol: 'TCP', targetPort: 1883, nodePort: 30000 }],
    });
    const again = store.update<Service>(ref(kinds.service, 'mqtt'), (draft) => {
      draft.spec.ports = [
        { name: 'tls', port: 8883 },
        { name: 'mqtt', port: 1883 },
      ];
      return undefined;
    });
    expect(again.spec.ports!.map(({ nodePort }) => nodePort)).toEqual([30001, 30000]);
  });

  it('is refused a node port that is taken or out of range', () => {
    const { store } = cluster();
    store.create(service('a', { type: 'NodePort', ports: [{ port: 1883, nodePort: 32010 }] }));
    const create = (nodePort: number) => () =>
      store.create(service('b', { type: 'NodePort', ports: [{ port: 1883, nodePort }] }));
    expect(create(32010)).toThrow(/provided port is already allocated/);
    expect(create(80)).toThrow(/not in the range 30000-32767/);
    expect(create(32011)).not.toThrow();
  });

  it('without an outside has no node ports, and none without a cluster address when headless', () => {
    const { store } = cluster();
    expect(store.create(service('a', { ports: [{ port: 1 }] })).spec.ports![0]).not.toHaveProperty('nodePort');
    expect(store.create(service('b', { clusterIP: 'None', ports: [{ port: 1 }] })).spec.clusterIP).toBe('None');
  });
});
