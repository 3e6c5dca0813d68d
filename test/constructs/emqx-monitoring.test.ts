import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Duration } from 'cdk8s';
import fc from 'fast-check';
import { EmqxEnterpriseCluster, EmqxMonitoring, type EmqxMonitoringProps } from '../../src';
import { METRICS, selectorsOf } from '../../src/constructs/_metrics';
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

test('all objects are in the namespace of the cluster', () => {
  const made = monitoring().filter(({ kind }) => /Monitor|Rule|ConfigMap/.test(kind));
  expect(made.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`)).toEqual([
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

describe('the queries', () => {
  test('name metrics of the list, and nothing else', () => {
    const known: string[] = [...Object.values(METRICS.emqx), ...Object.values(METRICS.kubernetes)];
    const used = new Set(queriesOf(monitoring()).flatMap(namesIn));
    expect([...used].sort()).toEqual([...known].sort());
  });

  recorded('name metrics that real EMQX 4.4 nodes have', () => {
    const text = readdirSync(recordings)
      .filter((file) => file.endsWith('.json'))
      .map((file) => readFileSync(path.join(recordings, file), 'utf8'))
      .join();
    for (const name of Object.values(METRICS.emqx)) expect(text).toMatch(new RegExp(`\\b${name}\\b`));
  });

  test('ask for one cluster of one namespace each time', () => {
    for (const query of queriesOf(monitoring())) {
      const series = query.match(/\b(?:emqx|kube)_\w+(\{[^}]*\})?/g)!;
      for (const one of series) expect(one).toMatch(/\{namespace="messaging",(cluster|statefulset|lease)=~?"emqx-ee/);
    }
  });

  test('have balanced brackets', () => {
    for (const query of queriesOf(monitoring())) {
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

describe('the stateful sets of a cluster', () => {
  const matches = (name: string) => {
    const [, pattern] = /statefulset=~"(.*)"/.exec(selectorsOf({ name: 'emqx', namespace: 'n' }).sets)!;
    return new RegExp(`^(?:${pattern})$`).test(name);
  };
  const letter = fc.constantFrom(...'bcdfghjklmnpqrstvwxz2456789');

  test('are found under every name the operator gives them', () => {
    expect(matches('emqx')).toBe(true);
    fc.assert(fc.property(fc.string({ unit: letter, minLength: 1, maxLength: 10 }), (hash) => matches(`emqx-${hash}`)));
  });

  test.each(['emqx-ee', 'emqx-edge-6dfc6c9488', 'my-emqx', 'emqx-b-c', 'emqx-'])('%s is of another', (name) => {
    expect(matches(name)).toBe(false);
  });
});

describe('an alert', () => {
  const runbooks = readFileSync(path.join(repository, 'docs/runbooks.md'), 'utf8');
  const headings = [...runbooks.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading!);

  test('has a runbook, and each runbook an alert', () => {
    const rules = rulesOf(monitoring());
    expect(rules.map(({ alert }) => alert).sort()).toEqual([...headings].sort());
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
  });

  test('on upgrades is not rendered for a cluster that has none', () => {
    expect(rulesOf(monitoring({}, false)).map(({ alert }) => alert)).toEqual(['EmqxConnectsRefused']);
  });
});

describe('the dashboard', () => {
  const { uid, panels } = dashboardOf(monitoring());

  test('is found by Grafana', () => {
    expect(only(monitoring(), 'ConfigMap').metadata.labels).toEqual({ grafana_dashboard: '1' });
    expect(uid).toMatch(/^[a-z0-9-]{1,40}$/);
  });

  test('begins with the connections of each node, old and new', () => {
    expect(panels[0]).toMatchObject({ title: 'Connections per node, old and new set', gridPos: { x: 0, y: 0, w: 24 } });
    expect(panels[0]!.targets[0]).toMatchObject({
      expr: 'sum by (statefulset, pod) (emqx_connections_count{namespace="messaging",cluster="emqx-ee"})',
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
    const elsewhere = named({ name: 'emqx-ee', namespace: 'other' });
    expect(new Set(elsewhere.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['other']));
  });

  test('without a rate counts as stuck when next to nothing moves', () => {
    const rule = rulesOf(named({ name: 'emqx-ee' })).find(({ alert }) => alert === 'EmqxEvacuationStalled');
    expect(rule?.expr).toMatch(/>= 60$/);
  });

  test.each<[unknown, RegExp]>([
    [undefined, /'cluster' \(missing\) must be an EmqxEnterpriseCluster, or { name }/],
    [{ name: 'EMQX' }, /'cluster.name' \("EMQX"\) must be a DNS label/],
    [{ name: 'a', namespace: 'B' }, /'cluster.namespace' \("B"\) must be a DNS label/],
    [{ name: 'a', connectionEvictionRate: 0 }, /'cluster.connectionEvictionRate' \(0\) must be a whole number/],
    [{ name: 'a', resource: undefined, spec: {} }, /'cluster' .*|'cluster.spec' .*/],
  ])('%j is refused by name, if it is wrong', (cluster, message) => {
    expect(() => named(cluster as object)).toThrow(message);
  });
});
