import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Size } from 'cdk8s';
import { parse } from 'yaml';
import { UpgradeAccess, UpgradeRunner, type UpgradeRunnerProps } from '../../src';
import { RUNNER_METRICS } from '../../src/constructs/_metrics';
import { Metrics } from '../../src/runner/metrics';
import { type Manifest, only, synth } from './_synth';

const IMAGE = 'registry.example.com/emqx-blue-green:0.1.0';

const render = (props: Partial<UpgradeRunnerProps> = {}, chartProps = {}): Manifest[] =>
  synth((chart) => new UpgradeRunner(chart, 'Runner', { image: IMAGE, ...props }), chartProps);

/** The one pod template, with its only container. */
function podOf(manifests: Manifest[]) {
  const { spec } = only(manifests, 'Deployment') as unknown as {
    spec: { replicas: number; template: { spec: Record<string, unknown> & { containers: Record<string, unknown>[] } } };
  };
  expect(spec.template.spec.containers).toHaveLength(1);
  return { replicas: spec.replicas, pod: spec.template.spec, container: spec.template.spec.containers[0]! };
}

const names = (manifests: Manifest[]) =>
  manifests.map(({ kind, metadata }) => `${kind} ${[metadata.namespace, metadata.name].filter(Boolean).join('/')}`);

test('of one namespace: everything is in it', () => {
  expect(names(render({ namespace: 'mqtt' })).sort()).toEqual([
    'ConfigMap mqtt/emqx-upgrade-runner',
    'Deployment mqtt/emqx-upgrade-runner',
    'Role mqtt/emqx-upgrade-runner',
    'Role mqtt/emqx-upgrade-runner-clusters',
    'RoleBinding mqtt/emqx-upgrade-runner',
    'RoleBinding mqtt/emqx-upgrade-runner-clusters',
    'ServiceAccount mqtt/emqx-upgrade-runner',
  ]);
});

test('of other namespaces: it has rights in these, and to its own objects where it is', () => {
  const manifests = render({ namespace: 'ops', watchNamespaces: ['a', 'b'] });
  expect(
    names(manifests)
      .filter((name) => /^Role/.test(name))
      .sort(),
  ).toEqual([
    'Role a/emqx-upgrade-runner-clusters',
    'Role b/emqx-upgrade-runner-clusters',
    'Role ops/emqx-upgrade-runner',
    'RoleBinding a/emqx-upgrade-runner-clusters',
    'RoleBinding b/emqx-upgrade-runner-clusters',
    'RoleBinding ops/emqx-upgrade-runner',
  ]);
  const { container } = podOf(manifests);
  expect(container['args']).toEqual([
    'runner',
    '--namespace=ops',
    '--watch-namespace=a',
    '--watch-namespace=b',
    '--port=8080',
  ]);
  for (const binding of manifests.filter(({ kind }) => kind === 'RoleBinding')) {
    expect(binding['subjects']).toEqual([
      expect.objectContaining({ kind: 'ServiceAccount', name: 'emqx-upgrade-runner', namespace: 'ops' }),
    ]);
  }
});

test('of all namespaces: a ClusterRole with the name of its namespace', () => {
  const manifests = render({ namespace: 'ops', allNamespaces: true });
  expect(
    names(manifests)
      .filter((name) => /Role/.test(name))
      .sort(),
  ).toEqual([
    'ClusterRole emqx-upgrade-runner-ops',
    'ClusterRoleBinding emqx-upgrade-runner-ops',
    'Role ops/emqx-upgrade-runner',
    'RoleBinding ops/emqx-upgrade-runner',
  ]);
  expect(podOf(manifests).container['args']).toContain('--all-namespaces');
});

test('its rights to clusters are those of UpgradeAccess, and to write Events', () => {
  const kinds = ['EmqxEnterprise', 'EMQX'] as const;
  const expected = only(
    synth((chart) => new UpgradeAccess(chart, 'Access', { kinds })),
    'Role',
  )['rules'] as object[];
  const events = { apiGroups: [''], resources: ['events'], verbs: ['create'] };
  const roles = render().filter(({ kind, metadata }) => kind === 'Role' && metadata.name.endsWith('-clusters'));
  expect(roles.map(({ rules }) => rules)).toEqual([[...expected, events]]);
});

test('the pod is fit for the Pod Security Standard restricted, with a read-only root file system', () => {
  const { pod, container, replicas } = podOf(render());
  expect(replicas).toBe(1);
  expect(pod['securityContext']).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  expect(container['securityContext']).toEqual({
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    privileged: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
  });
  expect(container['image']).toBe(IMAGE);
  expect(container['command']).toBeUndefined();
  expect(container['livenessProbe']).toMatchObject({ httpGet: { path: '/healthz', port: 8080 } });
  expect(container['readinessProbe']).toMatchObject({ httpGet: { path: '/readyz', port: 8080 } });
  expect(container['resources']).toEqual({
    requests: { cpu: '100m', memory: '128Mi' },
    limits: { cpu: '500m', memory: '512Mi' },
  });
  expect(pod['volumes']).toBeUndefined();
});

test('the URL of the webhook stays in its Secret', () => {
  const { pod, container } = podOf(render({ webhookSecret: 'hook' }));
  expect(container['args']).toContain('--webhook-url-file=/etc/emqx-blue-green/webhook/url');
  expect(container['volumeMounts']).toEqual([
    { mountPath: '/etc/emqx-blue-green/webhook', name: 'webhook', readOnly: true },
  ]);
  expect(pod['volumes']).toEqual([{ name: 'webhook', secret: { defaultMode: 420, secretName: 'hook' } }]);
});

test('the policy is what is given', () => {
  const policy = {
    mode: 'automatic',
    window: { days: ['sat'], from: '01:00', to: '05:00', timeZone: 'Europe/Berlin' },
    offlineBudget: 'none',
    backPercent: 95,
    sampleDevices: false,
  } as const;
  const { data } = only(render({ policy }), 'ConfigMap') as unknown as { data: { policy: string } };
  expect(parse(data.policy)).toEqual(policy);
});

test('all other properties reach the pod', () => {
  const { pod, replicas, container } = podOf(
    render({
      replicas: 2,
      resources: { cpuRequestMillis: 50, memoryLimit: Size.mebibytes(256) },
      imagePullSecrets: ['pull'],
      nodeSelector: { a: 'b' },
      tolerations: [{ operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
    }),
  );
  expect(replicas).toBe(2);
  expect(container['resources']).toEqual({
    requests: { cpu: '50m', memory: '128Mi' },
    limits: { cpu: '500m', memory: '256Mi' },
  });
  expect(pod).toMatchObject({
    imagePullSecrets: [{ name: 'pull' }],
    nodeSelector: { a: 'b' },
    tolerations: [{ operator: 'Exists' }],
    affinity: { nodeAffinity: {} },
    serviceAccountName: 'emqx-upgrade-runner',
    terminationGracePeriodSeconds: 30,
  });
});

describe('its monitoring', () => {
  const manifests = render({ namespace: 'ops', monitoring: true });
  interface Rule {
    alert: string;
    expr: string;
    labels: object;
    annotations: Record<string, string>;
  }
  const rules = (only(manifests, 'PrometheusRule') as unknown as { spec: { groups: [{ rules: Rule[] }] } }).spec
    .groups[0].rules;
  const dashboard = manifests.find(({ metadata }) => metadata.name === 'emqx-upgrade-runner-dashboard') as unknown as {
    data: Record<string, string>;
  };

  test('is not rendered unless it is asked for', () => {
    expect(names(render()).join()).not.toMatch(/Monitor|Prometheus|dashboard/);
    expect(names(manifests)).toEqual(
      expect.arrayContaining([
        'PodMonitor ops/emqx-upgrade-runner',
        'PrometheusRule ops/emqx-upgrade-runner',
        'ConfigMap ops/emqx-upgrade-runner-dashboard',
      ]),
    );
  });

  test('scrapes its pods, and leaves the metrics the namespaces of their clusters', () => {
    expect(only(manifests, 'PodMonitor').spec).toEqual({
      selector: { matchLabels: { 'app.kubernetes.io/name': 'emqx-upgrade-runner' } },
      podMetricsEndpoints: [{ port: 'metrics', path: '/metrics', interval: '10s', honorLabels: true }],
    });
    const { spec } = only(manifests, 'Deployment') as unknown as {
      spec: { template: { metadata: { labels: object } } };
    };
    expect(spec.template.metadata.labels).toEqual({ 'app.kubernetes.io/name': 'emqx-upgrade-runner' });
    expect(podOf(manifests).container['ports']).toEqual([
      expect.objectContaining({ name: 'metrics', containerPort: 8080 }),
    ]);
  });

  test('has alerts with runbooks, of this package or one’s own', () => {
    const runbooks = readFileSync(path.resolve(__dirname, '../../docs/runbooks.md'), 'utf8');
    const headings = [...runbooks.matchAll(/^## (EmqxRunner.*)$/gm)].map(([, heading]) => heading);
    expect(rules.map(({ alert }) => alert).sort()).toEqual(headings.sort());
    for (const { alert, labels, annotations } of rules) {
      expect(labels).toEqual({ severity: expect.stringMatching(/^(warning|critical)$/), namespace: 'ops' });
      expect(annotations['runbook_url']).toMatch(new RegExp(`/docs/runbooks\\.md#${alert.toLowerCase()}$`));
    }
    const own = only(render({ monitoring: true, runbookUrl: 'https://wiki.example.com/emqx' }), 'PrometheusRule');
    expect(JSON.stringify(own)).toContain('https://wiki.example.com/emqx#emqxrunnerfails');
  });

  test('names metrics that the runner has', async () => {
    const known = await new Metrics().registry.metrics();
    const { panels } = JSON.parse(dashboard.data['emqx-upgrade-runner.json']!) as {
      panels: { targets: { expr: string }[] }[];
    };
    const queries = [
      ...rules.map(({ expr }) => expr),
      ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ];
    const used = [
      ...queries.flatMap((query) => query.match(/emqx_blue_green_\w+/g) ?? []),
      ...Object.values(RUNNER_METRICS),
    ];
    expect(used.length).toBeGreaterThan(20);
    for (const name of used) expect(known).toContain(`# TYPE ${name} `);
  });
});

test.each<[Partial<Record<keyof UpgradeRunnerProps, unknown>>, RegExp]>([
  [{ monitoring: 'yes' }, /'monitoring' \("yes"\) must be true or false/],
  [{ runbookUrl: 'a' }, /'runbookUrl' \("a"\) must be a URL without a fragment/],
  [{ image: undefined }, /'image' \(missing\) must be the reference of an image/],
  [{ image: 'a b' }, /'image' \("a b"\) must be/],
  [{ namespace: 'A' }, /'namespace' \("A"\) must be a DNS label/],
  [{ watchNamespaces: [] }, /'watchNamespaces' \(a list of 0\) must be a list of one or more namespaces/],
  [{ watchNamespaces: ['a', 'B'] }, /'watchNamespaces\[1\]' \("B"\) must be a DNS label/],
  [{ watchNamespaces: ['a'], allNamespaces: true }, /'watchNamespaces' .* must be left out with allNamespaces/],
  [{ allNamespaces: 'yes' }, /'allNamespaces' \("yes"\) must be true or false/],
  [{ kinds: ['EmqxBroker'] }, /'kinds' \(a list of 1\) must be a list of one or more of EmqxEnterprise, EMQX/],
  [{ policy: { mode: 'auto' } }, /'policy\.mode' \("auto"\) must be one of automatic, approval/],
  [{ policy: { window: { from: '5', to: '6:00' } } }, /'policy\.window\.from' .*\n.*'policy\.window\.to' /],
  [{ policy: 'automatic' }, /'policy' \("automatic"\) must be an object/],
  [{ webhookSecret: 'A' }, /'webhookSecret' \("A"\) must be/],
  [{ replicas: 0 }, /'replicas' \(0\) must be/],
  [{ replica: 2 } as never, /'replica' .* must be a known field/],
])('%j is refused', (props, message) => {
  expect(() => render(props as never)).toThrow(message);
});

test('two in one namespace would be one', () => {
  expect(() =>
    synth((chart) => {
      new UpgradeRunner(chart, 'One', { image: IMAGE });
      new UpgradeRunner(chart, 'Two', { image: IMAGE });
    }),
  ).toThrow(/must be a name that nothing else in the program uses.*render one runner in each namespace/);
});
