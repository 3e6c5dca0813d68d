import { UpgradeAccess, type UpgradeAccessProps } from '../../src';
import { type Access, recordedUpgrade, recordedUpgradesOfEmqx } from '../_recorded-upgrade';
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

/** As a rule names it. */
const part = ({ resource, subresource }: Access) => (subresource ? `${resource}/${subresource}` : resource);

const allows = (rule: Rule, request: Access) =>
  rule.verbs.includes(request.verb) &&
  rule.apiGroups.includes(request.group) &&
  rule.resources.includes(part(request)) &&
  (rule.resourceNames === undefined || (request.name !== undefined && rule.resourceNames.includes(request.name)));

const show = (request: Access) => [request.verb, `${request.group}/${part(request)}`, request.name].join(' ').trim();

describe('the rights of upgrades of EMQX 5 and 6', () => {
  let requests: Access[];
  beforeAll(async () => {
    requests = await recordedUpgradesOfEmqx();
  });
  const rules = () => rulesOf(access({ kinds: ['EMQX'], clusters: ['emqx'] }));

  test('suffice for every request the engine makes, an abort included', () => {
    const refused = requests.filter((request) => !rules().some((rule) => allows(rule, request)));
    expect([...new Set(refused.map(show))]).toEqual([]);
  });

  test('are no more than that, but for the way to the management API, and what explains pods that are refused', () => {
    const unused = rules().flatMap((rule) =>
      rule.verbs
        .filter((verb) => !requests.some((request) => request.verb === verb && allows(rule, request)))
        .map((verb) => `${verb} ${rule.resources.join()}`),
    );
    // The Secret is that of a key of one's own, which is read where the operator's is refused.
    expect(unused).toEqual(['list events', 'create pods/portforward', 'get pods/portforward', 'get secrets']);
    expect(rules().flatMap(({ resourceNames }) => resourceNames ?? [])).toContain('emqx-upgrade-api-key');
  });

  test('of both kinds are those of each, once', () => {
    const of = (...kinds: NonNullable<UpgradeAccessProps['kinds']>) =>
      rulesOf(access({ kinds, clusters: ['emqx'] })).map((rule) => JSON.stringify(rule));
    const both = of('EmqxEnterprise', 'EMQX');
    expect(new Set(both)).toEqual(new Set([...of('EmqxEnterprise'), ...of('EMQX')]));
    expect(both).toHaveLength(new Set(both).size);
  });

  test.each<[UpgradeAccessProps, RegExp]>([
    [{ kinds: [] }, /'kinds' \(missing\) must be a list of one or more kinds/],
    [{ kinds: ['EmqxBroker' as never] }, /'kinds\[0\]' \("EmqxBroker"\) must be EmqxEnterprise or EMQX/],
    [{ kinds: ['EMQX'], clusters: ['a'.repeat(37)] }, /'clusters\[0\]' .* 36 characters/],
  ])('are refused for %j', (props, message) => {
    expect(() => access(props)).toThrow(message);
  });
});

describe('the rights of an upgrade', () => {
  let requests: Access[];
  beforeAll(async () => {
    requests = await recordedUpgrade();
  });

  test('suffice for every request the engine makes', () => {
    const rules = rulesOf(access({ clusters: ['other', 'emqx-ee'] }));
    expect(requests.length).toBeGreaterThan(60);
    const refused = requests.filter((request) => !rules.some((rule) => allows(rule, request)));
    expect([...new Set(refused.map(show))]).toEqual([]);
  });

  test('are no more than that, but for the way to the management API, and what explains pods that are refused', () => {
    const unused = rulesOf(access({ clusters: ['emqx-ee'] })).flatMap((rule) =>
      rule.verbs
        .filter((verb) => !requests.some((request) => request.verb === verb && allows(rule, request)))
        .map((verb) => `${verb} ${rule.resources.join()}`),
    );
    expect(unused).toEqual(['list events', 'create pods/portforward', 'get pods/portforward']);
  });

  test('reach the Services that are named, beside those that are called after a cluster', () => {
    const rules = rulesOf(access({ clusters: ['emqx-ee'], services: ['fleet'] }));
    const named = (resource: string, verb: string) =>
      rules.find(({ resources, verbs }) => resources[0] === resource && verbs.includes(verb))?.resourceNames;
    expect([named('services', 'patch'), named('endpoints', 'patch'), named('services', 'list')]).toEqual([
      ['emqx-ee-mqtt', 'fleet'],
      ['emqx-ee', 'fleet'],
      undefined,
    ]);
    expect(named('secrets', 'get')).toEqual(['emqx-ee-bootstrap-user']);
  });

  test('end at the clusters that are named, where Kubernetes can tell by name', () => {
    const rules = rulesOf(access({ clusters: ['other'] }));
    const refused = requests.filter((request) => !rules.some((rule) => allows(rule, request)));
    expect([...new Set(refused.map(show))].sort()).toEqual([
      'get /endpoints emqx-ee',
      'get /secrets emqx-ee-bootstrap-user',
      'get /secrets emqx-ee-upgrade',
      'list /configmaps emqx-ee-upgrade',
      'list apps.emqx.io/emqxenterprises emqx-ee',
      'list coordination.k8s.io/leases emqx-ee-upgrade',
      'patch /configmaps emqx-ee-upgrade',
      'patch /endpoints emqx-ee',
      'patch /secrets emqx-ee-upgrade',
      'patch /services emqx-ee-mqtt',
      'patch apps.emqx.io/emqxenterprises emqx-ee',
      'patch coordination.k8s.io/leases emqx-ee-upgrade',
      'watch /configmaps emqx-ee-upgrade',
      'watch apps.emqx.io/emqxenterprises emqx-ee',
      'watch coordination.k8s.io/leases emqx-ee-upgrade',
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
