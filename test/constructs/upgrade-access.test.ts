import { UpgradeAccess, type UpgradeAccessProps } from '../../src';
import { EmqxClient } from '../../src/emqx';
import { Cluster, type KubeApi, type KubeObject } from '../../src/kubernetes';
import { type EmqxEnterprise, parseEmqxEnterprise, withDefaults } from '../../src/resource';
import { contextOf, running, served } from '../../src/simulator/scenario';
import { World } from '../../src/simulator/world';
import { runUpgrade } from '../../src/upgrade';
import { type Manifest, only, synth } from './_synth';

interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

const access = (props?: UpgradeAccessProps, chartProps = {}): Manifest[] =>
  synth((chart) => new UpgradeAccess(chart, 'Access', props), chartProps);
const rulesOf = (manifests: Manifest[]) => only(manifests, 'Role')['rules'] as Rule[];

/** A request to the API server, as its authorizer sees it. */
interface Request {
  verb: string;
  group: string;
  resource: string;
  /** None where the server cannot know it: a list, a watch, a creation. */
  name?: string;
}

const allows = (rule: Rule, { verb, group, resource, name }: Request) =>
  rule.verbs.includes(verb) &&
  rule.apiGroups.includes(group) &&
  rule.resources.includes(resource) &&
  (rule.resourceNames === undefined || (name !== undefined && rule.resourceNames.includes(name)));

const show = ({ verb, group, resource, name }: Request) => [verb, `${group}/${resource}`, name].join(' ').trim();

/** The API, and every request that is made of it. */
function recorded(api: KubeApi, requests: Request[]): KubeApi {
  const note = (
    verb: string,
    { apiVersion, kind }: { apiVersion: string; kind: string },
    name = '',
    subresource = '',
  ) => {
    const group = apiVersion.includes('/') ? apiVersion.split('/')[0]! : '';
    const resource = `${kind.toLowerCase()}s${subresource && `/${subresource}`}`;
    requests.push({ verb, group, resource, ...(name && { name }) });
  };
  return {
    get(ref, ...rest) {
      note('get', ref, ref.name);
      return api.get(ref, ...rest);
    },
    list(query, ...rest) {
      note('list', query);
      return api.list(query, ...rest);
    },
    create(object, ...rest) {
      note('create', object);
      return api.create(object, ...rest);
    },
    patch(ref, patch, options, signal) {
      note('patch', ref, ref.name, options?.subresource);
      return api.patch(ref, patch, options, signal);
    },
    scale(ref, ...rest) {
      note('patch', ref, ref.name, 'scale');
      return api.scale(ref, ...rest);
    },
    delete(ref, ...rest) {
      note('delete', ref, ref.name);
      return api.delete(ref, ...rest);
    },
    watch(query, ...rest) {
      note('watch', query);
      return api.watch(query, ...rest);
    },
  };
}

const clusterOf = (version: string): EmqxEnterprise & KubeObject =>
  withDefaults(
    parseEmqxEnterprise({
      apiVersion: 'apps.emqx.io/v1beta4',
      kind: 'EmqxEnterprise',
      metadata: { name: 'emqx-ee', namespace: 'default' },
      spec: {
        blueGreenUpdate: { evacuationStrategy: { waitTakeover: 1, connEvictRate: 100, sessEvictRate: 100 } },
        template: { spec: { emqxContainer: { image: { version } } } },
      },
    }),
  );

const traffic: KubeObject & { spec: object } = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'emqx-ee-mqtt', namespace: 'default', labels: { 'emqx-blue-green/traffic-for': 'emqx-ee' } },
  spec: { selector: { 'apps.emqx.io/instance': 'emqx-ee' }, ports: [{ port: 1883 }] },
};

/** Every request of an upgrade from beginning to end, in which the pods' readiness gates had to be set. */
async function requestsOfAnUpgrade(): Promise<Request[]> {
  const requests: Request[] = [];
  const world = new World({ seed: 7 });
  await world.clock.run(async () => {
    await world.apply([clusterOf('4.4.14'), traffic]);
    await running(contextOf(world, 'default', 'emqx-ee', () => undefined));
    await served(world, 'default', 'emqx-ee-mqtt');
    const { clock, transport } = world;
    const cluster = new Cluster({ api: recorded(world.api, requests), clock, namespace: 'default', name: 'emqx-ee' });
    const emqx = new EmqxClient({ transport, namespace: 'default', credentials: () => cluster.credentials() });
    const context = { clock, cluster, emqx, progress: { report: () => undefined }, holder: 'test' };
    await runUpgrade(context, { desired: clusterOf('4.4.15'), driver: 'pilot' });
    await cluster.markServing(world.pods.running[0]!.pod.metadata.name);
    world.stop();
  });
  return requests;
}

describe('the rights of an upgrade', () => {
  let requests: Request[];
  beforeAll(async () => {
    requests = await requestsOfAnUpgrade();
  });

  test('suffice for every request the engine makes', () => {
    const rules = rulesOf(access({ clusters: ['other', 'emqx-ee'] }));
    expect(requests.length).toBeGreaterThan(100);
    const refused = requests.filter((request) => !rules.some((rule) => allows(rule, request)));
    expect([...new Set(refused.map(show))]).toEqual([]);
  });

  test('are no more than that, but for watches and the way to the management API', () => {
    const unused = rulesOf(access({ clusters: ['emqx-ee'] })).flatMap((rule) =>
      rule.verbs
        .filter((verb) => !requests.some((request) => request.verb === verb && allows(rule, request)))
        .map((verb) => `${verb} ${rule.resources.join()}`),
    );
    expect(unused).toEqual([
      'watch statefulsets',
      'watch pods',
      'create pods/portforward',
      'get pods/portforward',
      'watch services',
      'watch endpointslices',
    ]);
  });

  test('end at the clusters that are named, where Kubernetes can tell by name', () => {
    const rules = rulesOf(access({ clusters: ['other'] }));
    const refused = requests.filter((request) => !rules.some((rule) => allows(rule, request)));
    expect([...new Set(refused.map(show))].sort()).toEqual([
      'get /configmaps emqx-ee-upgrade',
      'get /secrets emqx-ee-bootstrap-user',
      'get apps.emqx.io/emqxenterprises emqx-ee',
      'get coordination.k8s.io/leases emqx-ee-upgrade',
      'patch /configmaps emqx-ee-upgrade',
      'patch /services emqx-ee-mqtt',
      'patch apps.emqx.io/emqxenterprises emqx-ee',
      'patch coordination.k8s.io/leases emqx-ee-upgrade',
    ]);
  });
});

test('without names every cluster of the namespace may be upgraded', () => {
  expect(rulesOf(access()).filter(({ resourceNames }) => resourceNames)).toEqual([]);
});

test('the account, its role and the binding are in the namespace of the properties, of the chart, or "default"', () => {
  const namespaces = (manifests: Manifest[]) => manifests.map(({ kind, metadata }) => `${kind} ${metadata.namespace}`);
  const all = (namespace: string) => ['ServiceAccount', 'Role', 'RoleBinding'].map((kind) => `${kind} ${namespace}`);
  expect(namespaces(access())).toEqual(all('default'));
  expect(namespaces(access({}, { namespace: 'of-chart' }))).toEqual(all('of-chart'));
  expect(namespaces(access({ namespace: 'own' }, { namespace: 'of-chart' }))).toEqual(all('own'));
  expect(only(access({ namespace: 'own' }), 'RoleBinding')).toMatchObject({
    roleRef: { kind: 'Role', name: 'emqx-blue-green' },
    subjects: [{ kind: 'ServiceAccount', name: 'emqx-blue-green', namespace: 'own' }],
  });
});

test.each<[UpgradeAccessProps, RegExp]>([
  [{ clusters: [] }, /'clusters' \(missing\) must be a list of one or more names: Kubernetes takes an empty list/],
  [{ clusters: 'emqx-ee' as never }, /'clusters' \("emqx-ee"\) must be a list of one or more names/],
  [{ clusters: ['emqx-ee', 'EMQX'] }, /'clusters\[1\]' \("EMQX"\) must be a DNS label/],
  [{ namespace: 'a.b' }, /'namespace' \("a.b"\) must be a DNS label/],
])('what grants something else than was meant is refused (%#)', (props, message) => {
  expect(() => access(props)).toThrow(message);
});
