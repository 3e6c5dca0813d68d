import fc from 'fast-check';
import { type EmqxEnterprise, withDefaults } from '../../src/resource';
import { cluster } from './_cluster';
import { reference } from './_reference';

const text = reference('v1beta4-defaulted-cr-and-statefulset.txt');

/** The first JSON document of the dump: the custom resource after the webhook. */
function webhookResult(dump: string): Record<string, unknown> {
  const start = dump.indexOf('{');
  const end = dump.indexOf('\n        }\n', start) + '\n        }'.length;
  return JSON.parse(dump.slice(start, end)) as Record<string, unknown>;
}

/** Without what Go prints of empty values: null and {}. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, child]) => [key, withoutEmpty(child)] as const)
    .filter(([, child]) => child !== null && !(typeof child === 'object' && Object.keys(child as object).length === 0));
  return Object.fromEntries(entries);
}

(text === undefined ? test.skip : test)(
  "the defaults are those of the operator's webhook and of its definition",
  () => {
    const minimal = cluster();
    delete minimal.spec.blueGreenUpdate;
    const { apiVersion, kind, ...completed } = withDefaults(minimal);
    expect({ apiVersion, kind }).toEqual({ apiVersion: 'apps.emqx.io/v1beta4', kind: 'EmqxEnterprise' });

    const expected = withoutEmpty(webhookResult(text ?? '{}')) as unknown as EmqxEnterprise;
    // The dump was made without an API server, which adds the definition's own defaults.
    expected.spec.replicas = 3;
    const pod = expected.spec.template!.spec!;
    pod.reloaderImage = 'emqx/emqx-operator-reloader:0.0.2';
    pod.podSecurityContext = {
      runAsUser: 1000,
      runAsGroup: 1000,
      fsGroup: 1000,
      fsGroupChangePolicy: 'Always',
      supplementalGroups: [1000],
    };
    pod.emqxContainer!.securityContext = { runAsUser: 1000, runAsGroup: 1000, runAsNonRoot: true };
    pod.emqxContainer!.image!.pullPolicy = 'IfNotPresent';
    expect(completed).toEqual(expected);
  },
);

test('what is given stays', () => {
  const given = cluster();
  given.metadata.namespace = 'messaging';
  given.spec.replicas = 5;
  given.spec.clusterDomain = 'corp.example';
  const container = given.spec.template!.spec!.emqxContainer!;
  container.image!.pullPolicy = 'Always';
  container.emqxACL = ['{allow, all}.'];
  container.emqxConfig = { 'log.to': 'file' };
  const { spec } = withDefaults(given);
  const completed = spec.template!.spec!.emqxContainer!;
  expect(spec.replicas).toBe(5);
  expect(spec.blueGreenUpdate).toEqual(given.spec.blueGreenUpdate);
  expect(completed.image!.pullPolicy).toBe('Always');
  expect(completed.emqxACL).toEqual(['{allow, all}.']);
  expect(completed.emqxConfig).toMatchObject({
    'log.to': 'file',
    'cluster.dns.name': 'emqx-ee-headless.messaging.svc.corp.example',
  });
});

test('labels and annotations of the resource go to its templates, those of kubectl do not', () => {
  const given = cluster();
  given.metadata.labels = { team: 'iot', 'apps.emqx.io/instance': 'wrong' };
  given.metadata.annotations = { note: 'a', 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
  given.spec.template!.metadata = { annotations: { note: 'b' } };
  given.spec.persistent = { spec: {} };
  const { metadata, spec } = withDefaults(given);
  const labels = { team: 'iot', 'apps.emqx.io/instance': 'emqx-ee', 'apps.emqx.io/managed-by': 'emqx-operator' };
  expect(metadata.labels).toEqual(labels);
  expect(metadata.annotations).toEqual(given.metadata.annotations);
  expect(spec.template!.metadata).toEqual({ labels, annotations: { note: 'b' } });
  const own = { namespace: 'default', labels, annotations: { note: 'a' } };
  expect(spec.serviceTemplate!.metadata).toEqual({ name: 'emqx-ee', ...own });
  expect(spec.serviceTemplate!.spec!.selector).toEqual(labels);
  expect(spec.persistent).toEqual({ metadata: { name: 'emqx-ee-data', ...own }, spec: {} });
});

test('of ports that share a name or a number the first stays', () => {
  const given = cluster();
  given.spec.template!.spec!.emqxContainer!.ports = [{ name: 'dashboard', containerPort: 28083 }];
  given.spec.serviceTemplate = { spec: { ports: [{ name: 'mine', port: 8081, nodePort: 32011 }] } };
  const { spec } = withDefaults(given);
  expect(spec.template!.spec!.emqxContainer!.ports).toEqual([
    { name: 'dashboard', containerPort: 28083, protocol: 'TCP' },
    { name: 'management', containerPort: 8081, protocol: 'TCP' },
  ]);
  expect(spec.serviceTemplate!.spec!.ports).toEqual([
    { name: 'mine', port: 8081, nodePort: 32011, protocol: 'TCP' },
    { name: 'http-dashboard-18083', port: 18083, targetPort: 18083, protocol: 'TCP' },
  ]);
});

const strings = fc.dictionary(fc.constantFrom('a', 'b', 'apps.emqx.io/instance'), fc.string(), { maxKeys: 3 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const template = maybe(fc.record({ labels: maybe(strings), annotations: maybe(strings) }));
const port = fc.record({ name: maybe(fc.constantFrom('mqtt', 'dashboard', '')), port: fc.constantFrom(1883, 8081, 9) });

const anyCluster: fc.Arbitrary<EmqxEnterprise> = fc
  .record({
    name: fc.constantFrom('a', 'emqx-ee'),
    namespace: fc.constantFrom(undefined, '', 'ns'),
    labels: maybe(strings),
    annotations: maybe(strings),
    template,
    serviceTemplate: template,
    ports: maybe(fc.array(port, { maxLength: 4 })),
    persistent: fc.boolean(),
    emqxConfig: maybe(strings),
    emqxACL: maybe(fc.array(fc.string(), { maxLength: 2 })),
  })
  .map((given) => ({
    apiVersion: 'apps.emqx.io/v1beta4',
    kind: 'EmqxEnterprise',
    metadata: {
      name: given.name,
      namespace: given.namespace,
      labels: given.labels,
      annotations: given.annotations,
    },
    spec: {
      ...(given.persistent && { persistent: { metadata: given.template, spec: {} } }),
      serviceTemplate: { metadata: given.serviceTemplate, spec: { ports: given.ports } },
      template: {
        metadata: given.template,
        spec: {
          emqxContainer: {
            image: { version: '4.4.14' },
            ports: given.ports?.map(({ name, port }) => ({ name, containerPort: port })),
            emqxConfig: given.emqxConfig,
            emqxACL: given.emqxACL,
          },
        },
      },
    },
  }));

test('defaults applied twice are the same, and the given resource is not modified', () => {
  fc.assert(
    fc.property(anyCluster, (given) => {
      const before = structuredClone(given);
      const once = withDefaults(given);
      expect(given).toEqual(before);
      expect(withDefaults(once)).toEqual(once);
    }),
  );
});

test('no part of a completed resource is shared, so that YAML needs no anchors', () => {
  const seen = new Set<unknown>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    expect(seen.has(value)).toBe(false);
    seen.add(value);
    Object.values(value).forEach(visit);
  };
  visit(withDefaults(cluster()));
  visit(withDefaults(cluster()));
});
