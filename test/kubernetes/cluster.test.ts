import { Cluster, KubeApiError, type KubeErrorReason, type KubeObject } from '../../src/kubernetes';
import { SimulatedClock } from '../../src/simulator/clock';
import { type ApiCall, InMemoryKubeApi } from '../../src/simulator/kubernetes/in-memory-api';
import { ObjectStore } from '../../src/simulator/kubernetes/object-store';
import { Random } from '../../src/simulator/random';
import { PortError } from '../../src/upgrade';
import { BLUE, BLUE_REVISION, journal, resource } from '../upgrade/fixtures';

const LISTENERS = [{ kind: 'mqtt', port: 1883 }];

const namespace = 'mqtt';
const INSTANCE = { 'apps.emqx.io/instance': 'emqx' };
const TRAFFIC = { 'emqx-blue-green/traffic-for': 'emqx' };

interface Kube {
  clock: SimulatedClock;
  store: ObjectStore;
  cluster: Cluster;
  calls: ApiCall[];
  /** Every call ends with this error, without an effect. */
  fail: { error?: KubeApiError };
}

function kube(): Kube {
  const clock = new SimulatedClock();
  const store = new ObjectStore(clock, new Random(1));
  const calls: ApiCall[] = [];
  const fail: Kube['fail'] = {};
  const api = new InMemoryKubeApi(clock, store, {
    latencyMs: 0,
    intercept: (call, perform) => {
      calls.push(call);
      return fail.error ? Promise.reject(fail.error) : perform();
    },
  });
  return { clock, store, calls, fail, cluster: new Cluster({ api, clock, namespace, name: 'emqx' }) };
}

const meta = (name: string, more: object = {}) => ({ name, namespace, ...more });
const object = (apiVersion: string, kind: string, name: string, body: object, more: object = {}) =>
  ({ apiVersion, kind, metadata: meta(name, more), ...body }) as KubeObject;

function withStatus(store: ObjectStore, created: KubeObject, status: object): KubeObject {
  store.create(created);
  const { apiVersion, kind, metadata } = created;
  return store.update(
    { apiVersion, kind, namespace, name: metadata.name },
    (draft) => Object.assign(draft, { status }),
    {
      subresource: 'status',
    },
  );
}

const customResource = (): KubeObject => {
  const { resourceVersion: _, ...metadata } = resource().metadata;
  return { ...resource(), metadata } as KubeObject;
};

/** As a controller marks what it has made for an owner. */
const controlledBy = ({ apiVersion, kind, metadata: { name, uid } }: KubeObject) => ({
  ownerReferences: [{ apiVersion, kind, name, uid, controller: true }],
});

const statefulSet = (name: string, replicas: number, more: object = {}) =>
  object('apps/v1', 'StatefulSet', name, { spec: { replicas } }, { labels: INSTANCE, ...more });

const pod = (name: string, set: KubeObject) =>
  object('v1', 'Pod', name, { spec: {} }, { labels: INSTANCE, ...controlledBy(set) });

/** The custom resource with a set of its own. */
function withBlue(store: ObjectStore) {
  const owner = store.create(customResource());
  return { owner, blue: store.create(statefulSet(BLUE, 3, controlledBy(owner))) };
}

const conditions = (...types: string[]) => ({ conditions: types.map((type) => ({ type, status: 'True' })) });

const service = (name: string, selector: object, annotations: object = {}) =>
  object('v1', 'Service', name, { spec: { selector, ports: [{ port: 1883 }] } }, { labels: TRAFFIC, annotations });

const slice = (name: string, of: string, endpoints: object[]) =>
  object(
    'discovery.k8s.io/v1',
    'EndpointSlice',
    name,
    { addressType: 'IPv4', endpoints },
    {
      labels: { 'kubernetes.io/service-name': of },
    },
  );

const endpoint = (name: string, ready?: boolean) => ({
  addresses: ['10.0.0.1'],
  ...(ready === undefined ? {} : { conditions: { ready } }),
  targetRef: { kind: 'Pod', name },
});

describe('a look at the cluster', () => {
  test('sees the sets, pods, Services, lease and journal of this cluster alone', async () => {
    const { clock, store, cluster } = kube();
    const owner = store.create(customResource());
    const status = { observedGeneration: 1, replicas: 3, readyReplicas: 2, updateRevision: BLUE_REVISION };
    const blue = withStatus(store, statefulSet(BLUE, 3, controlledBy(owner)), status);
    store.create(statefulSet('emqx-new', 3, controlledBy(owner)));
    store.create(statefulSet('other', 1, { labels: { 'apps.emqx.io/instance': 'other' } }));
    withStatus(store, pod(`${BLUE}-0`, blue), conditions('ContainersReady', 'apps.emqx.io/on-serving', 'Ready'));
    withStatus(store, pod(`${BLUE}-1`, blue), conditions('ContainersReady'));
    store.create(object('v1', 'Pod', 'debug', { spec: {} }, { labels: INSTANCE }));
    store.create(service('emqx-mqtt', { ...INSTANCE, 'controller-revision-hash': BLUE_REVISION }));
    store.create(slice('a', 'emqx-mqtt', [endpoint(`${BLUE}-0`, true), endpoint(`${BLUE}-1`, false)]));
    store.create(slice('b', 'emqx-mqtt', [endpoint(`${BLUE}-0`), endpoint(`${BLUE}-2`), { addresses: ['10.0.0.9'] }]));
    store.create(slice('c', 'another', [endpoint('x')]));

    const view = await clock.run(() => cluster.observe());
    expect(view.resource.metadata.name).toBe('emqx');
    expect(view.resourceVersion).toBe(view.resource.metadata.resourceVersion);
    expect(view.sets).toEqual([
      {
        role: 'core',
        name: BLUE,
        replicas: 3,
        knownPods: 3,
        readyReplicas: 2,
        revision: BLUE_REVISION,
        image: '',
        createdAt: Date.UTC(2026, 0, 1),
      },
      {
        role: 'core',
        name: 'emqx-new',
        replicas: 3,
        knownPods: 0,
        readyReplicas: 0,
        image: '',
        createdAt: Date.UTC(2026, 0, 1),
      },
    ]);
    expect(view.pods).toEqual([
      {
        name: `${BLUE}-0`,
        set: BLUE,
        containersReady: true,
        onServing: true,
        ready: true,
        terminating: false,
        revision: undefined,
        uid: expect.any(String),
        restarts: 0,
        trouble: undefined,
      },
      {
        name: `${BLUE}-1`,
        set: BLUE,
        containersReady: true,
        onServing: false,
        ready: false,
        terminating: false,
        revision: undefined,
        uid: expect.any(String),
        restarts: 0,
        trouble: undefined,
      },
    ]);
    expect(view.traffic).toEqual([
      {
        service: 'emqx-mqtt',
        byOperator: false,
        revision: BLUE_REVISION,
        pods: [`${BLUE}-0`, `${BLUE}-2`],
        listeners: LISTENERS,
      },
    ]);
    expect([view.lease, view.journal, view.keptInitialDelaySeconds]).toEqual([undefined, undefined, undefined]);
  });

  test.each<[string, object, string | undefined]>([
    [
      'no node for it',
      { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' }] },
      'Unschedulable: 0/3 nodes',
    ],
    [
      'no image',
      {
        containerStatuses: [{ name: 'emqx', state: { waiting: { reason: 'ImagePullBackOff', message: 'not found' } } }],
      },
      'emqx: ImagePullBackOff, not found',
    ],
    [
      'a crash',
      {
        containerStatuses: [
          { name: 'reloader', state: { running: {} } },
          {
            name: 'emqx',
            state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s' } },
            lastState: { terminated: { exitCode: 1, reason: 'Error' } },
          },
        ],
      },
      'emqx: CrashLoopBackOff, it ended with 1 (Error)',
    ],
    [
      'nothing but time',
      { containerStatuses: [{ name: 'emqx', state: { waiting: { reason: 'ContainerCreating' } } }] },
      undefined,
    ],
  ])('tells what keeps a pod from being ready: %s', async (_, status, trouble) => {
    const { clock, store, cluster } = kube();
    withStatus(store, pod(`${BLUE}-0`, withBlue(store).blue), status);
    expect((await clock.run(() => cluster.observe())).pods[0]?.trouble).toBe(trouble);
  });

  describe('into which devices come by the operator’s own Service', () => {
    /** A ready pod of a revision. */
    const serving = (store: ObjectStore, set: KubeObject, name: string, revision: string, ip: string) => {
      const created = pod(name, set);
      created.metadata.labels = { ...INSTANCE, 'controller-revision-hash': revision };
      Object.assign(created, { spec: { nodeName: 'n1' } });
      withStatus(store, created, { podIP: ip, ...conditions('Ready') });
    };
    const world = () => {
      const made = kube();
      const { store } = made;
      const { owner, blue } = withBlue(store);
      const green = store.create(statefulSet('green', 2, controlledBy(owner)));
      store.create(object('v1', 'Service', 'emqx', { spec: { ports: [{ port: 1883 }] } }, controlledBy(owner)));
      serving(store, blue, 'blue-0', 'blue-1', '10.0.0.1');
      serving(store, green, 'green-0', 'green-1', '10.0.0.2');
      serving(store, green, 'green-1', 'green-1', '10.0.0.3');
      return made;
    };
    const at = (name: string, ip: string) => ({ addresses: [ip], targetRef: { kind: 'Pod', name } });
    const green = [at('green-0', '10.0.0.2'), at('green-1', '10.0.0.3')];

    test.each<[string, object[], string | undefined]>([
      ['one revision, all of it', green, 'green-1'],
      ['one revision, but not all of it', [at('green-0', '10.0.0.2')], undefined],
      ['one revision at an address of yesterday', [at('green-0', '10.0.0.9'), at('green-1', '10.0.0.3')], undefined],
      ['two revisions', [...green, at('blue-0', '10.0.0.1')], undefined],
    ])('it is seen to lead to %s', async (_, endpoints, revision) => {
      const { clock, store, cluster } = world();
      store.create(slice('a', 'emqx', endpoints));
      const { traffic } = await clock.run(() => cluster.observe());
      const pods = endpoints.map((each) => (each as ReturnType<typeof at>).targetRef.name);
      expect(traffic).toEqual([{ service: 'emqx', byOperator: true, revision, pods, listeners: LISTENERS }]);
    });

    test('a Service of our own goes before it', async () => {
      const { clock, store, cluster } = world();
      store.create(service('emqx-mqtt', INSTANCE));
      const { traffic } = await clock.run(() => cluster.observe());
      expect(traffic.map(({ service: name, byOperator }) => [name, byOperator])).toEqual([['emqx-mqtt', false]]);
    });

    test('its Endpoints are written with the ready pods of a revision, at the ports they had', async () => {
      const { clock, store, cluster } = world();
      const ports = [{ name: 'mqtt', port: 1883, protocol: 'TCP' }];
      store.create(object('v1', 'Endpoints', 'emqx', { subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports }] }));
      await clock.run(() => cluster.leadTraffic('emqx', 'green-1'));
      const written = store.get<KubeObject & { subsets: object[] }>({
        apiVersion: 'v1',
        kind: 'Endpoints',
        namespace,
        name: 'emqx',
      });
      const address = (ip: string, name: string) => ({
        ip,
        nodeName: 'n1',
        targetRef: { kind: 'Pod', namespace, name, uid: expect.any(String) },
      });
      const addresses = [address('10.0.0.2', 'green-0'), address('10.0.0.3', 'green-1')];
      expect(written.subsets).toEqual([{ addresses, ports }]);
    });
  });

  describe('takes nothing for its own by a label', () => {
    /** Beside the cluster, a resource of EMQX 5 with the same name: the operator gives the objects of both the same labels. */
    const besides = () => {
      const made = kube();
      const { store } = made;
      const emqx5 = store.create(object('apps.emqx.io/v2beta1', 'EMQX', 'emqx', { spec: {} }));
      const core = store.create(statefulSet('emqx-core-6d5b9c8f7', 3, controlledBy(emqx5)));
      withStatus(store, pod('emqx-core-6d5b9c8f7-0', core), conditions('ContainersReady', 'Ready'));
      return { ...made, emqx5, ...withBlue(store) };
    };

    test('a stateful set of another kind, and its pods, are told apart', async () => {
      const { clock, store, cluster, blue } = besides();
      store.create(statefulSet('nobodys', 1));
      store.create(pod(`${BLUE}-0`, blue));
      const { sets, pods, foreign } = await clock.run(() => cluster.observe());
      expect(sets.map(({ name }) => name)).toEqual([BLUE]);
      expect(pods.map(({ name }) => name)).toEqual([`${BLUE}-0`]);
      expect(foreign).toEqual([
        { name: 'emqx-core-6d5b9c8f7', owner: 'EMQX emqx', pods: ['emqx-core-6d5b9c8f7-0'] },
        { name: 'nobodys', owner: undefined, pods: [] },
      ]);
    });

    test.each<[string, (owner: KubeObject) => object]>([
      ['of a deleted resource of the same name', ({ metadata: { name } }) => ({ name, uid: 'old', controller: true })],
      ['that the resource owns and does not control', ({ metadata: { name, uid } }) => ({ name, uid })],
    ])('a set %s is none of it', async (_, reference) => {
      const { clock, store, cluster, owner } = besides();
      const { apiVersion, kind } = owner;
      store.create(statefulSet('x', 3, { ownerReferences: [{ apiVersion, kind, ...reference(owner) }] }));
      const { sets, foreign } = await clock.run(() => cluster.observe());
      expect(sets.map(({ name }) => name)).toEqual([BLUE]);
      expect(foreign.map(({ name }) => name)).toContain('x');
    });

    test('a Service that a controller of something else has given our label is no way in', async () => {
      const { clock, store, cluster, emqx5 } = besides();
      const copied = service('emqx-listeners', INSTANCE);
      Object.assign(copied.metadata, controlledBy(emqx5));
      store.create(copied);
      store.create(service('emqx-mqtt', INSTANCE));
      const { traffic } = await clock.run(() => cluster.observe());
      expect(traffic.map((view) => view.service)).toEqual(['emqx-mqtt']);
    });

    test('a Service of somebody else with the name of the operator’s is no way in', async () => {
      const { clock, store, cluster } = besides();
      store.create(object('v1', 'Service', 'emqx', { spec: { ports: [{ port: 1883 }] } }));
      expect((await clock.run(() => cluster.observe())).traffic).toEqual([]);
    });

    test.each(['ConfigMap', 'Lease'])(
      'a %s of a deleted cluster of the same name is left to Kubernetes',
      async (kind) => {
        const { clock, store, cluster, owner } = besides();
        const former = { ...owner, metadata: { ...owner.metadata, uid: 'old' } };
        const apiVersion = kind === 'Lease' ? 'coordination.k8s.io/v1' : 'v1';
        const ref = { apiVersion, kind, namespace, name: 'emqx-upgrade' };
        store.create(object(apiVersion, kind, ref.name, {}, controlledBy(former)));
        const error = await clock.run(() => cluster.observe().catch((thrown: unknown) => thrown));
        expect(error).toMatchObject({
          code: 'conflict',
          message: `the ${kind} emqx-upgrade belongs to a deleted EmqxEnterprise of the same name; Kubernetes removes it within moments`,
        });
        store.delete(ref);
        expect((await clock.run(() => cluster.observe())).lease).toBeUndefined();
      },
    );
  });

  test('finds the delay that the owner of a held cluster keeps on its Service', async () => {
    const { clock, store, cluster } = kube();
    store.create(customResource());
    store.create(service('a', INSTANCE));
    store.create(service('b', INSTANCE, { 'emqx-blue-green/initial-delay-seconds': '0' }));
    expect((await clock.run(() => cluster.observe())).keptInitialDelaySeconds).toBe(0);
  });

  test('finds it in the template of the operator’s Service, where there is none of its own', async () => {
    const { clock, store, cluster } = kube();
    const annotations = { 'emqx-blue-green/initial-delay-seconds': '7' };
    const { spec, ...resource } = customResource() as KubeObject & { spec: object };
    store.create({ ...resource, spec: { ...spec, serviceTemplate: { metadata: { annotations } } } } as KubeObject);
    expect((await clock.run(() => cluster.observe())).keptInitialDelaySeconds).toBe(7);
  });

  test('of a cluster without a spec is refused', async () => {
    const { clock, store, cluster } = kube();
    const { spec: _, ...bare } = customResource() as KubeObject & { spec: object };
    store.create(bare);
    const error = await clock.run(() => cluster.observe().catch((thrown: unknown) => thrown));
    expect(error).toMatchObject({ code: 'refused', message: 'the EmqxEnterprise emqx has no spec' });
  });

  test('of no cluster is missing', async () => {
    const { clock, cluster } = kube();
    const error = await clock.run(() => cluster.observe().catch((thrown: unknown) => thrown));
    expect(error).toBeInstanceOf(PortError);
    expect(error).toMatchObject({ code: 'missing', message: 'there is no EmqxEnterprise emqx in the namespace mqtt' });
  });
});

describe('the journal', () => {
  test('is made beside the cluster, goes with it, and comes back as it was', async () => {
    const { clock, store, cluster } = kube();
    const { metadata } = store.create(customResource());
    const first = journal();
    const second = journal({ phase: 'green', switchedAt: 5 });
    await clock.run(async () => {
      await cluster.observe();
      await cluster.writeJournal(first);
      expect((await cluster.observe()).journal).toEqual(first);
      await cluster.writeJournal(second);
      expect((await cluster.observe()).journal).toEqual(second);
    });
    const map = store.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'emqx-upgrade' });
    expect(map.metadata.ownerReferences).toEqual([
      { apiVersion: 'apps.emqx.io/v1beta4', kind: 'EmqxEnterprise', name: 'emqx', uid: metadata.uid },
    ]);
  });

  test('is not written over what somebody else has written meanwhile', async () => {
    const { clock, store, cluster } = kube();
    store.create(customResource());
    await clock.run(async () => {
      await cluster.observe();
      const version = await cluster.writeJournal(journal());
      expect((await cluster.observe()).journalVersion).toBe(version);
      await cluster.writeRequest('pause');
      const late = cluster.writeJournal(journal({ phase: 'green' }), { version });
      await expect(late).rejects.toMatchObject({ code: 'conflict' });
      const { journalVersion } = await cluster.observe();
      await cluster.writeJournal(journal({ phase: 'green' }), { version: journalVersion, answersRequest: true });
      expect(await cluster.observe()).toMatchObject({ journal: { phase: 'green' }, request: undefined });
    });
  });

  const { limits: _, ...withoutLimits } = journal();
  test.each([
    '{"schema":2}',
    'not JSON',
    'null',
    '{"schema":1}',
    JSON.stringify(withoutLimits),
    JSON.stringify(journal({ phase: '\u001b[2J' as 'green' })),
    JSON.stringify(journal({ connectionCap: '7' as unknown as number })),
  ])('of a form that is not known is refused: %s', async (text) => {
    const { clock, store, cluster } = kube();
    store.create(customResource());
    store.create(object('v1', 'ConfigMap', 'emqx-upgrade', { data: { 'journal.json': text } }));
    const error = await clock.run(() => cluster.observe().catch((thrown: unknown) => thrown));
    expect(error).toMatchObject({ name: 'PortError', code: 'refused' });
  });
});

describe('the lease', () => {
  const ref = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace, name: 'emqx-upgrade' };
  const owned = (uid: string | undefined) => [
    { apiVersion: 'apps.emqx.io/v1beta4', kind: 'EmqxEnterprise', name: 'emqx', uid },
  ];

  test('goes with the cluster, also one that an earlier version made', async () => {
    for (const before of [[], [object('coordination.k8s.io/v1', 'Lease', 'emqx-upgrade', { spec: {} })]]) {
      const { clock, store, cluster } = kube();
      const { metadata } = store.create(customResource());
      for (const lease of before) store.create(lease);
      await clock.run(async () => {
        await cluster.observe();
        await cluster.holdLease('me');
      });
      expect(store.get(ref).metadata.ownerReferences).toEqual(owned(metadata.uid));
    }
  });
});

describe('a write', () => {
  test('of the resource is refused when somebody changed it since the look', async () => {
    const { clock, store, cluster } = kube();
    store.create(customResource());
    const ref = { apiVersion: 'apps.emqx.io/v1beta4', kind: 'EmqxEnterprise', namespace, name: 'emqx' };
    await clock.run(async () => {
      const { resourceVersion } = await cluster.observe();
      const spec = { blueGreenUpdate: { initialDelaySeconds: 7 } };
      await cluster.patchResource({ spec, ifVersion: resourceVersion });
      await expect(cluster.patchResource({ spec, ifVersion: resourceVersion })).rejects.toMatchObject({
        name: 'PortError',
        code: 'conflict',
      });
    });
    const spec = { ...resource().spec };
    spec.blueGreenUpdate = { ...spec.blueGreenUpdate, initialDelaySeconds: 7 };
    expect(store.get(ref)).toMatchObject({ spec });
  });

  test('ties a Service to a revision, and lets it go', async () => {
    const { clock, store, cluster } = kube();
    store.create(service('emqx-mqtt', INSTANCE));
    const selector = () =>
      store.get<KubeObject & { spec: { selector: object } }>({
        apiVersion: 'v1',
        kind: 'Service',
        namespace,
        name: 'emqx-mqtt',
      }).spec.selector;
    await clock.run(() => cluster.selectTraffic('emqx-mqtt', 'r-1'));
    expect(selector()).toEqual({ ...INSTANCE, 'controller-revision-hash': 'r-1' });
    await clock.run(() => cluster.selectTraffic('emqx-mqtt', undefined));
    expect(selector()).toEqual(INSTANCE);
  });

  test('makes a Service route to pods that are not ready, and lets it go', async () => {
    const { clock, store, cluster } = kube();
    store.create(customResource());
    store.create(service('emqx-mqtt', INSTANCE));
    const ref = { apiVersion: 'v1', kind: 'Service', namespace, name: 'emqx-mqtt' };
    const spec = () => store.get<KubeObject & { spec: object }>(ref).spec;
    const before = spec();
    await clock.run(async () => {
      await cluster.routeToUnready('emqx-mqtt', true);
      expect(spec()).toEqual({ ...before, publishNotReadyAddresses: true });
      expect((await cluster.observe()).traffic).toMatchObject([{ service: 'emqx-mqtt', routesToUnready: true }]);
      await cluster.routeToUnready('emqx-mqtt', false);
    });
    expect(spec()).toEqual(before);
  });

  test('scales a set by its subresource', async () => {
    const { clock, store, cluster, calls } = kube();
    store.create(statefulSet(BLUE, 3));
    await clock.run(() => cluster.scaleSet(BLUE, 0));
    expect(calls).toEqual([{ verb: 'scale', kind: 'StatefulSet', namespace, name: BLUE }]);
    expect(store.get({ apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name: BLUE })).toMatchObject({
      spec: { replicas: 0 },
    });
  });

  test('opens a readiness gate and leaves the other conditions', async () => {
    const { clock, store, cluster } = kube();
    const gate = 'apps.emqx.io/on-serving';
    withStatus(store, pod(`${BLUE}-0`, withBlue(store).blue), {
      phase: 'Running',
      conditions: [
        { type: gate, status: 'False' },
        { type: 'ContainersReady', status: 'True' },
      ],
    });
    await clock.run(() => cluster.markServing(`${BLUE}-0`, true));
    expect(store.get({ apiVersion: 'v1', kind: 'Pod', namespace, name: `${BLUE}-0` })).toMatchObject({
      status: {
        phase: 'Running',
        conditions: [
          { type: 'ContainersReady', status: 'True' },
          { type: gate, status: 'True', lastTransitionTime: '2026-01-01T00:00:00.000Z' },
        ],
      },
    });
  });

  test.each<[KubeErrorReason, PortError['code']]>([
    ['NotFound', 'missing'],
    ['Conflict', 'conflict'],
    ['AlreadyExists', 'conflict'],
    ['Expired', 'conflict'],
    ['Invalid', 'refused'],
    ['Forbidden', 'refused'],
    ['Unauthorized', 'refused'],
    ['TooManyRequests', 'unavailable'],
    ['InternalError', 'unavailable'],
    ['Unreachable', 'unavailable'],
  ])('that ends in %s is told as %s', async (reason, code) => {
    const { clock, cluster, fail } = kube();
    fail.error = new KubeApiError(1, reason, 'the words of the server');
    const works: (() => Promise<unknown>)[] = [
      () => cluster.observe(),
      () => cluster.patchResource({ spec: {}, ifVersion: '1' }),
      () => cluster.selectTraffic('s', undefined),
      () => cluster.scaleSet('s', 0),
      () => cluster.markServing('p', true),
      () => cluster.writeJournal(journal()),
      () => cluster.credentials(),
    ];
    for (const work of works) {
      const error = await clock.run(() => work().catch((thrown: unknown) => thrown));
      expect(error).toBeInstanceOf(PortError);
      expect(error).toMatchObject({ code, message: 'the words of the server', cause: fail.error });
    }
  });
});

describe('the credentials', () => {
  const secret = (text: string) =>
    object('v1', 'Secret', 'emqx-bootstrap-user', { stringData: { bootstrap_user: text } } as object);
  const read = async (text: string) => {
    const { clock, store, cluster } = kube();
    store.create(secret(text));
    return clock.run(() => cluster.credentials().catch((thrown: unknown) => thrown));
  };

  test('are the operator’s own line of the Secret', async () => {
    expect(await read('emqx_operator_controller:abc:def')).toEqual({
      id: 'emqx_operator_controller',
      secret: 'abc:def',
    });
    expect(await read('admin:public\nemqx_operator_controller:abc\n')).toEqual({
      id: 'emqx_operator_controller',
      secret: 'abc',
    });
  });

  test('that are not there are refused, and no other line is told', async () => {
    const error = await read('admin:s3cr3t');
    expect(error).toMatchObject({
      code: 'refused',
      message: "the Secret emqx-bootstrap-user has no entry for the operator's user",
    });
  });
});

describe('an API key of one’s own', () => {
  const encoded = (text: string) => Buffer.from(text).toString('base64');
  const read = (data: object | undefined, kind: 'EMQX' | 'EmqxEnterprise' = 'EMQX', error?: KubeApiError) => {
    const clock = new SimulatedClock();
    const store = new ObjectStore(clock, new Random(1));
    const intercept = <T>(_: ApiCall, perform: () => Promise<T>) => (error ? Promise.reject(error) : perform());
    const api = new InMemoryKubeApi(clock, store, { latencyMs: 0, intercept });
    if (data) store.create(object('v1', 'Secret', 'emqx-upgrade-api-key', { data }));
    const cluster = new Cluster({ api, clock, kind, namespace, name: 'emqx' });
    return clock.run(() => cluster.ownCredentials().catch((thrown: unknown) => thrown));
  };
  const KEY = { key: encoded('mine'), secret: encoded('hunter2\n') };

  test('is read from its Secret, and EMQX 4.4 has none', async () => {
    expect(await read(KEY)).toEqual({ id: 'mine', secret: 'hunter2' });
    expect(await read(KEY, 'EmqxEnterprise')).toBeUndefined();
  });

  test.each<KubeErrorReason>(['NotFound', 'Forbidden'])('is none where the answer is %s', async (reason) => {
    expect(await read(undefined, 'EMQX', new KubeApiError(403, reason, 'no'))).toBeUndefined();
  });

  test.each([[{ secret: KEY.secret }], [{ key: KEY.key, secret: '' }], [{}]])(
    'of a Secret without both parts is an error that names the Secret alone (%#)',
    async (data) => {
      const error = await read(data);
      expect(error).toMatchObject({
        code: 'refused',
        message: "the Secret emqx-upgrade-api-key must have an API key under 'key' and 'secret'",
      });
    },
  );

  test('that cannot be read now is an error that passes', async () => {
    expect(await read(KEY, 'EMQX', new KubeApiError(500, 'InternalError', 'no'))).toMatchObject({
      code: 'unavailable',
    });
  });
});
