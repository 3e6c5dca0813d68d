import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Duration } from 'cdk8s';
import fc from 'fast-check';
import {
  ApiKey,
  EmqxCluster,
  type EmqxClusterProps,
  EmqxEnterpriseCluster,
  EmqxMonitoring,
  type EmqxMonitoringProps,
  EnvValue,
  License,
} from '../../src';
import { NODE_METRICS, RUNNER_METRICS, seriesOf } from '../../src/constructs/_metrics';
import { type Manifest, only, synth } from './_synth';

const { version } = require('../../package.json') as { version: string };

const repository = path.resolve(__dirname, '../..');
const recordings = path.resolve(repository, '../shared/reference/recordings-emqx-4.4');
const recorded = existsSync(recordings) ? test : test.skip;

const blueGreenUpdate = {
  evacuationStrategy: {
    connectionEvictionRate: 100,
    sessionEvictionRate: 50,
    waitTakeover: Duration.seconds(5),
  },
};

interface Rule {
  alert: string;
  expr: string;
  for: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

interface Panel {
  id: number;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets: { refId: string; expr: string; legendFormat: string }[];
}

function monitoring(props: Partial<EmqxMonitoringProps> = {}, upgraded = true): Manifest[] {
  return synth((chart) => {
    const cluster = new EmqxEnterpriseCluster(chart, 'Cluster', {
      name: 'emqx-ee',
      namespace: 'messaging',
      version: '4.4.14',
      ...(upgraded && { blueGreenUpdate }),
    });
    new EmqxMonitoring(chart, 'Monitoring', { cluster, ...props });
  });
}

const KINDS = ['EmqxEnterprise', 'EMQX'] as const;
type Kind = (typeof KINDS)[number];

function monitoring5(props: Partial<EmqxMonitoringProps> = {}, cluster: Partial<EmqxClusterProps> = {}): Manifest[] {
  return synth((chart) => {
    const made = new EmqxCluster(chart, 'Cluster', {
      name: 'emqx-ee',
      namespace: 'messaging',
      version: '5.10.1',
      license: License.fromSecret('emqx-license'),
      blueGreenUpdate,
      replicants: { replicas: 3 },
      ...cluster,
    });
    new EmqxMonitoring(chart, 'Monitoring', { cluster: made, ...props });
  });
}

/** Of a cluster of this kind. */
const of = (kind: Kind, props: Partial<EmqxMonitoringProps> = {}) =>
  kind === 'EMQX' ? monitoring5(props) : monitoring(props);

const rulesOf = (manifests: Manifest[]) =>
  (only(manifests, 'PrometheusRule') as unknown as { spec: { groups: { rules: Rule[] }[] } }).spec.groups.flatMap(
    ({ rules }) => rules,
  );

const dashboardOf = (manifests: Manifest[]) =>
  JSON.parse((only(manifests, 'ConfigMap')['data'] as Record<string, string>)['emqx-ee.json']!) as {
    uid: string;
    panels: Panel[];
  };

/** Every query of the alerts and of the dashboard. */
const queriesOf = (manifests: Manifest[]) => [
  ...rulesOf(manifests).map(({ expr }) => expr),
  ...dashboardOf(manifests).panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
];

const namesIn = (query: string) => query.match(/\b(?:emqx|kube)_\w+/g) ?? [];

test.each(KINDS)('%s: all objects are in the namespace of the cluster', (kind) => {
  const made = of(kind).filter((manifest) => /Monitor|Rule|ConfigMap/.test(manifest.kind));
  expect(made.map((manifest) => `${manifest.kind} ${manifest.metadata.namespace}/${manifest.metadata.name}`)).toEqual([
    'PodMonitor messaging/emqx-ee',
    'PrometheusRule messaging/emqx-ee',
    'ConfigMap messaging/emqx-ee-dashboard',
  ]);
});

test('each node is scraped at the port that the operator names', () => {
  const manifests = monitoring();
  const { spec } = only(manifests, 'EmqxEnterprise') as unknown as {
    spec: { template: { spec: { emqxContainer: { ports: { name: string; containerPort: number }[] } } } };
  };
  expect(spec.template.spec.emqxContainer.ports).toContainEqual(
    expect.objectContaining({ name: 'dashboard', containerPort: 18083 }),
  );
  expect(only(manifests, 'PodMonitor').spec).toEqual({
    selector: { matchLabels: { 'apps.emqx.io/instance': 'emqx-ee', 'apps.emqx.io/managed-by': 'emqx-operator' } },
    podMetricsEndpoints: [
      {
        port: 'dashboard',
        path: '/api/v4/emqx_prometheus',
        params: { type: ['prometheus'] },
        interval: '5s',
        relabelings: [
          { action: 'replace', targetLabel: 'cluster', replacement: 'emqx-ee' },
          { action: 'replace', targetLabel: 'from', replacement: 'emqx' },
          { action: 'replace', targetLabel: 'instance', sourceLabels: ['pod'] },
          { action: 'replace', targetLabel: 'statefulset', sourceLabels: ['pod'], regex: '(.+)-[0-9]+' },
        ],
      },
    ],
  });
});

describe('the nodes of EMQX 5 and 6', () => {
  const endpointOf = (manifests: Manifest[]) =>
    (only(manifests, 'PodMonitor') as unknown as { spec: { podMetricsEndpoints: [Record<string, unknown>] } }).spec
      .podMetricsEndpoints[0];

  test('are scraped by role and set, cores and replicants alike', () => {
    expect(only(monitoring5(), 'PodMonitor').spec).toEqual({
      selector: { matchLabels: { 'apps.emqx.io/instance': 'emqx-ee', 'apps.emqx.io/managed-by': 'emqx-operator' } },
      podMetricsEndpoints: [
        {
          port: 'dashboard',
          path: '/api/v5/prometheus/stats',
          interval: '5s',
          relabelings: [
            { action: 'replace', targetLabel: 'cluster', replacement: 'emqx-ee' },
            { action: 'replace', targetLabel: 'from', replacement: 'emqx' },
            { action: 'replace', targetLabel: 'instance', sourceLabels: ['pod'] },
            {
              action: 'replace',
              targetLabel: 'role',
              sourceLabels: ['__meta_kubernetes_pod_label_apps_emqx_io_db_role'],
            },
            { action: 'replace', targetLabel: 'set', sourceLabels: ['pod'], regex: '(.+)-[^-]+' },
          ],
        },
      ],
    });
  });

  test.each([
    ['emqx-ee-core-7b5f6c9d8-0', 'emqx-ee-core-7b5f6c9d8'],
    ['emqx-ee-replicant-6d5c4b-x7k2p', 'emqx-ee-replicant-6d5c4b'],
  ])('%s is of the set %s', (pod, set) => {
    const { relabelings } = endpointOf(monitoring5()) as { relabelings: { targetLabel: string; regex?: string }[] };
    const { regex } = relabelings.find(({ targetLabel }) => targetLabel === 'set')!;
    expect(new RegExp(`^(?:${regex})$`).exec(pod)![1]).toBe(set);
  });

  test('are scraped with a key that only a Secret holds', () => {
    const manifests = monitoring5({ apiKey: ApiKey.fromSecret('metrics-reader') });
    expect(endpointOf(manifests)['basicAuth']).toEqual({
      username: { name: 'metrics-reader', key: 'key' },
      password: { name: 'metrics-reader', key: 'secret' },
    });
  });

  const variable = (value: string) => ({
    cores: { env: { EMQX_PROMETHEUS__ENABLE_BASIC_AUTH: EnvValue.fromValue(value) } },
  });
  test.each<[string, Partial<EmqxClusterProps>, boolean]>([
    ['5.10.1', {}, false],
    ['6.2.2', { version: '6.2.2' }, false],
    ['6.3.0', { version: '6.3.0' }, true],
    ['5.10.1 that asks for it', { config: { 'prometheus.enable_basic_auth': true } }, true],
    ['6.3.1 that does not', { version: '6.3.1', config: 'prometheus { enable_basic_auth = false }' }, false],
    ['6.3.1 that does not by a variable', { version: '6.3.1', ...variable('false') }, false],
    ['5.8.9 that does by a variable', { version: '5.8.9', ...variable('true') }, true],
  ])('%s', (_, cluster, needsKey) => {
    const apiKey = ApiKey.fromSecret('metrics-reader');
    expect(() => monitoring5({ apiKey }, cluster)).not.toThrow();
    if (!needsKey) expect(() => monitoring5({}, cluster)).not.toThrow();
    else expect(() => monitoring5({}, cluster)).toThrow(/'apiKey' \(missing\) must be an ApiKey of this cluster/);
  });

  test.each<[unknown, RegExp]>([
    [ApiKey.of('reader', 'x8Kp2mQ9'), /'apiKey' \(hidden\) must be an ApiKey in a Secret/],
    ['reader:x8Kp2mQ9', /'apiKey' \(hidden\) must be an ApiKey in a Secret/],
    [ApiKey.fromSecret('Reader'), /'apiKey' \("Reader"\) must be the name of an object/],
  ])('a key that cannot be read is refused, and not shown (%#)', (apiKey, message) => {
    expect(() => monitoring5({ apiKey: apiKey as never })).toThrow(message);
    expect(() => monitoring5({ apiKey: apiKey as never })).not.toThrow(/x8Kp2mQ9/);
  });

  test('EMQX 4.4 has no use for a key', () => {
    expect(() => monitoring({ apiKey: ApiKey.fromSecret('metrics-reader') })).toThrow(
      /'apiKey' \("metrics-reader"\) must be left out for EMQX 4\.4/,
    );
  });

  test('an old set is compared with the new one of its role', () => {
    const rules = new Map(rulesOf(monitoring5()).map(({ alert, expr }) => [alert, expr]));
    const nodes = '{namespace="messaging",cluster="emqx-ee"}';
    const connections = (at = '') => `sum by (role, set) (emqx_connections_count${nodes}${at})`;
    expect(rules.get('EmqxEvacuationStalled')).toBe(
      `count by (role) (${connections()} > 0) > 1 unless ` +
        `max by (role) (${connections(' offset 10m')} - ${connections()}) >= 6000`,
    );
    expect(rules.get('EmqxTwoSetsAtRest')).toMatch(
      /^\(count\(kube_replicaset_spec_replicas\{.*\} > 0\) > 1 or count\(kube_statefulset_replicas\{.*\} > 0\) > 1\) unless .*lease="emqx-ee\.emqx-upgrade"/,
    );
  });
});

describe.each(KINDS)('the queries for an %s', (kind) => {
  test('name metrics of the list, and nothing else', () => {
    const known = [
      ...Object.values<string>(NODE_METRICS[kind]),
      ...Object.values<string>(RUNNER_METRICS),
      ...['kube_lease_renew_time', 'kube_statefulset_replicas', 'kube_statefulset_status_replicas_ready'],
      ...(kind === 'EMQX' ? ['kube_replicaset_spec_replicas', 'kube_replicaset_status_ready_replicas'] : []),
    ];
    const used = new Set(queriesOf(of(kind)).flatMap(namesIn));
    expect([...used].sort()).toEqual([...known].sort());
  });

  test('ask for one cluster of one namespace each time', () => {
    for (const query of queriesOf(of(kind))) {
      const series = query.match(/\b(?:emqx|kube)_\w+(\{[^}]*\})?/g)!;
      for (const one of series) {
        expect(one).toMatch(/\{namespace="messaging",(cluster|statefulset|replicaset|lease)=~?"emqx-ee/);
      }
    }
  });

  test('have balanced brackets', () => {
    for (const query of queriesOf(of(kind))) {
      const rest = query.replace(/"[^"]*"/g, '').replace(/[^()[\]{}]/g, '');
      let before: string;
      let left = rest;
      do {
        before = left;
        left = left.replace(/\(\)|\[\]|\{\}/g, '');
      } while (left !== before);
      expect([query, left]).toEqual([query, '']);
    }
  });
});

recorded('the queries name metrics that real EMQX 4.4 nodes have', () => {
  const text = readdirSync(recordings)
    .filter((file) => file.endsWith('.json'))
    .map((file) => readFileSync(path.join(recordings, file), 'utf8'))
    .join();
  for (const name of Object.values(NODE_METRICS.EmqxEnterprise)) expect(text).toMatch(new RegExp(`\\b${name}\\b`));
});

describe('the sets of a cluster', () => {
  const matchesOf = (kind: Kind, name: string) => {
    const { sets } = seriesOf({ kind, name: 'emqx', namespace: 'n' });
    return sets.flatMap(({ label, replicas }) => {
      const [, pattern] = new RegExp(`${label}=~"(.*)"`).exec(replicas)!;
      return new RegExp(`^(?:${pattern})$`).test(name) ? [label] : [];
    });
  };
  const matches = (name: string) => matchesOf('EmqxEnterprise', name).length > 0;
  const letter = fc.constantFrom(...'bcdfghjklmnpqrstvwxz2456789');

  test('are found under every name the operator gives them', () => {
    expect(matches('emqx')).toBe(true);
    fc.assert(fc.property(fc.string({ unit: letter, minLength: 1, maxLength: 10 }), (hash) => matches(`emqx-${hash}`)));
  });

  test.each<[string, string[]]>([
    ['emqx-core-7b5f6c9d8', ['statefulset']],
    ['emqx-replicant-7b5f6c9d8', ['replicaset']],
    ['emqx-edge-core-7b5f6c9d8', []],
    ['emqx-7b5f6c9d8', []],
    ['emqx', []],
  ])('of EMQX 5 and 6: %s', (name, kinds) => {
    expect(matchesOf('EMQX', name)).toEqual(kinds);
  });

  test.each(['emqx-ee', 'emqx-edge-6dfc6c9488', 'my-emqx', 'emqx-b-c', 'emqx-'])('%s is of another', (name) => {
    expect(matches(name)).toBe(false);
  });
});

describe('an alert', () => {
  const runbooks = readFileSync(path.join(repository, 'docs/runbooks.md'), 'utf8');
  const headings = [...runbooks.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading!);

  test.each(KINDS)('on an %s has a runbook, and each runbook an alert', (kind) => {
    const rules = rulesOf(of(kind));
    const ofRunner = headings.filter((heading) => heading.startsWith('EmqxRunner'));
    expect([...rules.map(({ alert }) => alert), ...ofRunner].sort()).toEqual([...headings].sort());
    for (const { alert, annotations } of rules) {
      expect(annotations['runbook_url']).toBe(
        `https://unpkg.com/emqx-blue-green@${version}/docs/runbooks.md#${alert.toLowerCase()}`,
      );
    }
  });

  test('leads to the runbooks of one’s own, if there are any', () => {
    const [rule] = rulesOf(monitoring({ runbookUrl: 'https://wiki.example.com/emqx' }));
    expect(rule!.annotations['runbook_url']).toBe('https://wiki.example.com/emqx#emqxconnectsrefused');
  });

  test('says where, how bad it is, and what has happened', () => {
    for (const { labels, annotations } of rulesOf(monitoring())) {
      expect(labels).toEqual({
        severity: expect.stringMatching(/^(warning|critical)$/),
        namespace: 'messaging',
        cluster: 'emqx-ee',
      });
      expect(annotations).toMatchObject({ summary: expect.any(String), description: expect.any(String) });
    }
  });

  test('takes the pace and the length of an upgrade from the properties', () => {
    const rules = new Map(
      rulesOf(monitoring({ longestUpgrade: Duration.minutes(90) })).map((rule) => [rule.alert, rule]),
    );
    expect(rules.get('EmqxEvacuationStalled')!.expr).toMatch(/>= 6000$/); // a minute's worth of 100 a second
    expect(rules.get('EmqxOperatorHeldTooLong')!.for).toBe('5400s');
    expect(rulesOf(monitoring()).find(({ alert }) => alert === 'EmqxOperatorHeldTooLong')!.for).toBe('21600s');
    const approved = rulesOf(monitoring({ longestApproval: Duration.hours(1) }));
    expect(approved.find(({ alert }) => alert === 'EmqxUpgradeNotApproved')!.for).toBe('3600s');
  });

  test('on upgrades is not rendered for a cluster that has none', () => {
    expect(rulesOf(monitoring({}, false)).map(({ alert }) => alert)).toEqual(['EmqxConnectsRefused']);
  });
});

describe.each(KINDS)('the dashboard of an %s', (kind) => {
  const { uid, panels } = dashboardOf(of(kind));

  test('is found by Grafana', () => {
    expect(only(of(kind), 'ConfigMap').metadata.labels).toEqual({ grafana_dashboard: '1' });
    expect(uid).toMatch(/^[a-z0-9-]{1,40}$/);
  });

  test('begins with the connections of each node, old and new', () => {
    expect(panels[0]).toMatchObject({ title: 'Connections per node, old and new set', gridPos: { x: 0, y: 0, w: 24 } });
    expect(panels[0]!.targets[0]).toMatchObject({
      expr: `sum by (${kind === 'EMQX' ? 'set' : 'statefulset'}, pod) (emqx_connections_count{namespace="messaging",cluster="emqx-ee"})`,
      legendFormat: '{{pod}}',
    });
  });

  test('has panels with ids, titles and places of their own, and queries with names of their own', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
    for (const { targets } of panels) {
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
      expect(new Set(targets.map(({ legendFormat }) => legendFormat)).size).toBe(targets.length);
    }
  });
});

test.each<[Partial<EmqxMonitoringProps>, RegExp]>([
  [{ longestUpgrade: Duration.seconds(0) }, /'longestUpgrade' \(0\) must be a whole number of seconds, at least 1/],
  [{ longestApproval: Duration.seconds(0) }, /'longestApproval' \(0\) must be a whole number of seconds, at least 1/],
  [{ longestUpgrade: 3600 as never }, /'longestUpgrade' \(3600\) must be a Duration/],
  [{ runbookUrl: 'docs/runbooks.md' }, /'runbookUrl' \("docs\/runbooks.md"\) must be a URL without a fragment/],
  [{ runbookUrl: 'https://e.org/#a' }, /'runbookUrl' \("https:\/\/e.org\/#a"\) must be a URL without a fragment/],
])('what Prometheus or a reader could not use is refused (%#)', (props, message) => {
  expect(() => monitoring(props)).toThrow(message);
});

describe('a cluster that is only named', () => {
  const named = (cluster: object) =>
    synth((chart) => new EmqxMonitoring(chart, 'Monitoring', { cluster: cluster as never }), {
      namespace: 'messaging',
    });
  const seen = (manifests: Manifest[]) =>
    manifests.filter(({ kind }) => ['PodMonitor', 'PrometheusRule', 'ConfigMap'].includes(kind));

  test('is looked at like the one that a program makes', () => {
    expect(seen(named({ name: 'emqx-ee', connectionEvictionRate: 100 }))).toEqual(seen(monitoring()));
    const emqx5 = { name: 'emqx-ee', kind: 'EMQX', connectionEvictionRate: 100 };
    expect(seen(named(emqx5))).toEqual(seen(monitoring5()));
    const elsewhere = named({ name: 'emqx-ee', namespace: 'other' });
    expect(new Set(elsewhere.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['other']));
  });

  test('without a rate counts as stuck when next to nothing moves', () => {
    const rule = rulesOf(named({ name: 'emqx-ee' })).find(({ alert }) => alert === 'EmqxEvacuationStalled');
    expect(rule?.expr).toMatch(/>= 60$/);
  });

  test.each<[unknown, RegExp]>([
    [undefined, /'cluster' \(missing\) must be an EmqxEnterpriseCluster, an EmqxCluster, or { name }/],
    [{ name: 'a', kind: 'Emqx' }, /'cluster.kind' \("Emqx"\) must be "EmqxEnterprise" or "EMQX"/],
    [{ name: 'n'.repeat(37), kind: 'EMQX' }, /'cluster.name' .* must be .*36/],
    [{ name: 'EMQX' }, /'cluster.name' \("EMQX"\) must be a DNS label/],
    [{ name: 'a', namespace: 'B' }, /'cluster.namespace' \("B"\) must be a DNS label/],
    [{ name: 'a', connectionEvictionRate: 0 }, /'cluster.connectionEvictionRate' \(0\) must be a whole number/],
    [{ name: 'a', resource: undefined, spec: {} }, /'cluster' .*|'cluster.spec' .*/],
  ])('%j is refused by name, if it is wrong', (cluster, message) => {
    expect(() => named(cluster as object)).toThrow(message);
  });
});
