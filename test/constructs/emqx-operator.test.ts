import { Size } from 'cdk8s';
import { EmqxOperator, type EmqxOperatorProps, OperatorWebhook } from '../../src';
import { customResourceDefinitions } from '../../src/resource/crd';
import { type Manifest, only, synth } from './_synth';

const operator = (props?: EmqxOperatorProps, chartProps = {}): Manifest[] =>
  synth((chart) => new EmqxOperator(chart, 'Operator', { crds: false, ...props }), chartProps);

const manager = (manifests: Manifest[]) =>
  (only(manifests, 'Deployment') as unknown as { spec: { template: { spec: Record<string, unknown> } } }).spec.template
    .spec;

const container = (manifests: Manifest[]) => (manager(manifests)['containers'] as Record<string, unknown>[])[0]!;

const named = (manifests: Manifest[]) => manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);

test('the objects have the names of the vendor’s chart', () => {
  expect(named(operator())).toEqual([
    'Namespace emqx-operator-system',
    'ServiceAccount emqx-operator',
    'ClusterRole emqx-operator-manager-role',
    'ClusterRoleBinding emqx-operator-manager-rolebinding',
    'Role emqx-operator-leader-election-role',
    'RoleBinding emqx-operator-leader-election-rolebinding',
    'Deployment emqx-operator-controller-manager',
    'Service emqx-operator-controller-manager-metrics-service',
    'Service emqx-operator-webhook-service',
    'Issuer emqx-operator-selfsigned-issuer',
    'Certificate emqx-operator-serving-cert',
    'MutatingWebhookConfiguration emqx-operator-mutating-webhook-configuration',
    'ValidatingWebhookConfiguration emqx-operator-validating-webhook-configuration',
  ]);
});

test('all five custom resource definitions come first, and as they are', () => {
  const manifests = synth((chart) => new EmqxOperator(chart, 'Operator'), { namespace: 'ops' });
  expect(manifests.slice(0, 5)).toEqual(JSON.parse(JSON.stringify(customResourceDefinitions())));
  expect(named(manifests.slice(5))).toEqual(named(operator({}, { namespace: 'ops' })));
});

test('the container runs as the vendor’s chart runs it', () => {
  expect(container(operator())).toMatchObject({
    name: 'manager',
    image: 'emqx/emqx-operator-controller:2.2.29',
    imagePullPolicy: 'IfNotPresent',
    command: ['/manager'],
    args: ['--leader-elect', '--metrics-bind-address=:8080', '--health-probe-bind-address=:8081', '--zap-devel=false'],
    env: [{ name: 'ENABLE_WEBHOOKS', value: 'true' }],
    ports: [
      { name: 'metrics', containerPort: 8080 },
      { name: 'webhook-server', containerPort: 9443 },
    ],
    livenessProbe: { httpGet: { path: '/healthz', port: 8081 }, initialDelaySeconds: 15, periodSeconds: 20 },
    readinessProbe: { httpGet: { path: '/readyz', port: 8081 }, initialDelaySeconds: 5, periodSeconds: 10 },
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '500m', memory: '512Mi' } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, runAsNonRoot: true },
    volumeMounts: [{ mountPath: '/tmp/k8s-webhook-server/serving-certs', name: 'cert', readOnly: true }],
  });
  expect(container(operator())).not.toHaveProperty('startupProbe');
  expect(manager(operator())).toMatchObject({
    automountServiceAccountToken: true,
    serviceAccountName: 'emqx-operator',
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    terminationGracePeriodSeconds: 10,
    volumes: [{ name: 'cert', secret: { secretName: 'emqx-operator-webhook-server-cert', defaultMode: 0o644 } }],
  });
});

test('a given security context takes the place of the default as a whole', () => {
  const manifests = operator({
    podSecurityContext: { runAsUser: 2000 },
    containerSecurityContext: { readOnlyRootFilesystem: true },
  });
  expect(manager(manifests)['securityContext']).toEqual({ runAsUser: 2000 });
  expect(container(manifests)['securityContext']).toEqual({ readOnlyRootFilesystem: true });
});

test('the pods carry labels that moving the construct does not change', () => {
  const { spec } = only(operator(), 'Deployment') as unknown as {
    spec: { selector: { matchLabels: object }; template: { metadata: { labels: object } } };
  };
  expect(spec.template.metadata.labels).toEqual(spec.selector.matchLabels);
});

test('every service account hands its token to its pods', () => {
  expect(only(operator(), 'ServiceAccount')).toMatchObject({ automountServiceAccountToken: true });
});

test('both Services lead to the pods', () => {
  const manifests = operator();
  const { spec } = only(manifests, 'Deployment') as unknown as { spec: { selector: { matchLabels: object } } };
  const services = manifests.filter(({ kind }) => kind === 'Service') as unknown as { spec: { selector: object } }[];
  expect(services.map((service) => service.spec.selector)).toEqual(Array(2).fill(spec.selector.matchLabels));
});

test('what a user sets is in the pod', () => {
  const tolerations = [{ key: 'infra', operator: 'Exists' as const }];
  const affinity = { nodeAffinity: {} };
  const manifests = operator({
    version: '2.2.3',
    image: 'r.example:5000/operator',
    imagePullSecrets: ['registry'],
    replicas: 2,
    resources: { cpuLimitMillis: 1000, memoryLimit: Size.gibibytes(1) },
    nodeSelector: { disk: 'ssd' },
    tolerations,
    affinity,
  });
  expect(only(manifests, 'Deployment').spec).toMatchObject({ replicas: 2 });
  expect(container(manifests)).toMatchObject({
    image: 'r.example:5000/operator:2.2.3',
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '1000m', memory: '1024Mi' } },
  });
  expect(manager(manifests)).toMatchObject({
    imagePullSecrets: [{ name: 'registry' }],
    nodeSelector: { disk: 'ssd' },
    tolerations,
    affinity,
  });
});

describe('the namespace', () => {
  test('that is given, by the properties or the chart, is not made', () => {
    for (const manifests of [operator({ namespace: 'ops' }), operator({}, { namespace: 'ops' })]) {
      expect(manifests.filter(({ kind }) => kind === 'Namespace')).toEqual([]);
      expect(only(manifests, 'Deployment').metadata.namespace).toBe('ops');
    }
  });

  test('is on no object that belongs to none', () => {
    const outside = operator({ namespace: 'ops' }, { namespace: 'chart' }).filter(({ kind }) =>
      /^Cluster|WebhookConfiguration$/.test(kind),
    );
    expect(outside).toHaveLength(4);
    expect(outside.filter(({ metadata }) => 'namespace' in metadata)).toEqual([]);
  });
});

describe('the rights', () => {
  const rules = (manifests: Manifest[], name: string) =>
    manifests.find(({ metadata, kind }) => kind.endsWith('Role') && metadata.name === name)!['rules'] as {
      apiGroups: string[];
      resources: string[];
      verbs: string[];
    }[];
  /** One line for each resource: `group/resource verbs`. */
  const lines = (manifests: Manifest[], name = 'emqx-operator-manager-role') =>
    rules(manifests, name)
      .flatMap(({ apiGroups, resources, verbs }) =>
        resources.map((resource) => `${apiGroups[0]}/${resource} ${[...verbs].sort().join(' ')}`),
      )
      .sort();

  test('are those of the vendor’s chart, everywhere', () => {
    expect(lines(operator())).toEqual(
      [
        '/configmaps create get list update watch',
        '/endpoints create get list update watch',
        '/events create get list patch update watch',
        '/persistentvolumeclaims create delete get list update watch',
        '/persistentvolumes create get list update watch',
        '/pods get list update watch',
        '/pods/status patch',
        '/secrets create get list update watch',
        '/services create get list update watch',
        'apps/replicasets create delete get list update watch',
        'apps/statefulsets create delete get list update watch',
        'coordination.k8s.io/leases create get list update watch',
        'policy/poddisruptionbudgets create delete get list update watch',
        ...['emqxbrokers', 'emqxenterprises', 'emqxes', 'emqxplugins', 'rebalances'].flatMap((kind) => [
          `apps.emqx.io/${kind} create delete get list patch update watch`,
          `apps.emqx.io/${kind}/finalizers update`,
          `apps.emqx.io/${kind}/status get patch update`,
        ]),
      ].sort(),
    );
  });

  test('end in the namespace that is watched, and are the same but for volumes', () => {
    const manifests = operator({ watchNamespace: 'messaging' });
    expect(manifests.filter(({ kind }) => kind.startsWith('Cluster'))).toEqual([]);
    const role = manifests.find(({ metadata }) => metadata.name === 'emqx-operator-manager-role')!;
    expect([role.kind, role.metadata.namespace]).toEqual(['Role', 'messaging']);
    expect(lines(manifests)).toEqual(lines(operator()).filter((line) => !line.startsWith('/persistentvolumes ')));
    const binding = manifests.find(({ metadata }) => metadata.name === 'emqx-operator-manager-rolebinding')!;
    expect(binding).toMatchObject({
      kind: 'RoleBinding',
      metadata: { namespace: 'messaging' },
      roleRef: { kind: 'Role', name: 'emqx-operator-manager-role' },
      subjects: [{ kind: 'ServiceAccount', name: 'emqx-operator', namespace: 'emqx-operator-system' }],
    });
    expect(container(manifests)['env']).toContainEqual({ name: 'WATCH_NAMESPACE', value: 'messaging' });
  });

  test('to lead are in the operator’s own namespace', () => {
    const manifests = operator({ namespace: 'ops', watchNamespace: 'messaging' });
    const role = manifests.find(({ metadata }) => metadata.name === 'emqx-operator-leader-election-role')!;
    expect(role.metadata.namespace).toBe('ops');
    expect(lines(manifests, role.metadata.name)).toEqual([
      '/configmaps create delete get list patch update watch',
      '/events create patch',
      'coordination.k8s.io/leases create delete get list patch update watch',
    ]);
  });

  test('are bound by name to roles and accounts that are rendered', () => {
    for (const manifests of [operator(), operator({ watchNamespace: 'messaging' })]) {
      const bindings = manifests.filter(({ kind }) => kind.endsWith('RoleBinding'));
      expect(bindings).toHaveLength(2);
      for (const binding of bindings) {
        const { roleRef, subjects } = binding as unknown as {
          roleRef: { kind: string; name: string };
          subjects: { name: string; namespace: string }[];
        };
        expect(named(manifests)).toContain(`${roleRef.kind} ${roleRef.name}`);
        const account = only(manifests, 'ServiceAccount').metadata;
        expect(subjects).toEqual([expect.objectContaining({ name: account.name, namespace: account.namespace })]);
      }
    }
  });
});

describe('the webhook', () => {
  interface Webhook {
    name: string;
    clientConfig: { caBundle?: string; service: { name: string; namespace: string; path: string } };
    namespaceSelector?: object;
    rules: { apiVersions: string[]; resources: string[] }[];
  }
  const webhooks = (manifests: Manifest[], type: string) =>
    only(manifests, `${type}WebhookConfiguration`)['webhooks'] as Webhook[];
  const asked = (manifests: Manifest[], type: string) =>
    webhooks(manifests, type).map(({ name, clientConfig, rules }) => [
      name,
      clientConfig.service.path,
      ...rules.flatMap(({ apiVersions, resources }) => [...apiVersions, ...resources]),
    ]);

  test('is asked about the kinds it knows', () => {
    const manifests = operator();
    expect(asked(manifests, 'Mutating')).toEqual([
      ['mutating.broker.emqx.io', '/mutate-apps-emqx-io-v1beta4-emqxbroker', 'v1beta4', 'emqxbrokers'],
      ['mutating.enterprise.emqx.io', '/mutate-apps-emqx-io-v1beta4-emqxenterprise', 'v1beta4', 'emqxenterprises'],
      ['mutating.emqxplugin.emqx.io', '/mutate-apps-emqx-io-v1beta4-emqxplugin', 'v1beta4', 'emqxplugins'],
    ]);
    expect(asked(manifests, 'Validating')).toEqual([
      ['validator.rebalance.emqx.io', '/validate-apps-emqx-io-v2beta1-rebalance', 'v2beta1', 'rebalances'],
      ['validator.broker.emqx.io', '/validate-apps-emqx-io-v1beta4-emqxbroker', 'v1beta4', 'emqxbrokers'],
      ['validator.enterprise.emqx.io', '/validate-apps-emqx-io-v1beta4-emqxenterprise', 'v1beta4', 'emqxenterprises'],
      ['validator.emqxplugin.emqx.io', '/validate-apps-emqx-io-v1beta4-emqxplugin', 'v1beta4', 'emqxplugins'],
    ]);
  });

  test('of cert-manager has a certificate for its Service, in the Secret the pod reads, and no bundle of its own', () => {
    const manifests = operator({ namespace: 'ops' });
    expect(only(manifests, 'Certificate').spec).toEqual({
      dnsNames: ['emqx-operator-webhook-service.ops.svc', 'emqx-operator-webhook-service.ops.svc.cluster.local'],
      issuerRef: { kind: 'Issuer', name: only(manifests, 'Issuer').metadata.name },
      secretName: 'emqx-operator-webhook-server-cert',
    });
    for (const type of ['Mutating', 'Validating']) {
      expect(only(manifests, `${type}WebhookConfiguration`).metadata.annotations).toEqual({
        'cert-manager.io/inject-ca-from': 'ops/emqx-operator-serving-cert',
      });
      expect(webhooks(manifests, type).filter(({ clientConfig }) => clientConfig.caBundle)).toEqual([]);
    }
  });

  test('of a Secret that is there has its bundle in base64, and needs no cert-manager', () => {
    const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    const manifests = operator({ webhook: OperatorWebhook.fromSecret('own-cert', pem) });
    expect(manifests.filter(({ apiVersion }) => apiVersion.startsWith('cert-manager'))).toEqual([]);
    expect(manager(manifests)['volumes']).toMatchObject([{ secret: { secretName: 'own-cert' } }]);
    for (const type of ['Mutating', 'Validating']) {
      expect(only(manifests, `${type}WebhookConfiguration`).metadata.annotations).toBeUndefined();
      for (const { clientConfig } of webhooks(manifests, type)) {
        expect(Buffer.from(clientConfig.caBundle!, 'base64').toString()).toBe(pem);
      }
    }
  });

  test('that is left out leaves nothing behind, and is switched off in the operator', () => {
    const manifests = operator({ webhook: OperatorWebhook.none() });
    expect(named(manifests).filter((name) => /webhook|cert|Issuer/i.test(name))).toEqual([]);
    expect(container(manifests)['env']).toEqual([{ name: 'ENABLE_WEBHOOKS', value: 'false' }]);
    expect(container(manifests)).not.toHaveProperty('volumeMounts');
    expect(manager(manifests)).not.toHaveProperty('volumes');
  });

  test('of one namespace leaves the others alone, and does not share its name', () => {
    const manifests = operator({ watchNamespace: 'messaging' });
    for (const type of ['Mutating', 'Validating']) {
      expect(only(manifests, `${type}WebhookConfiguration`).metadata.name).toMatch(/^messaging-emqx-operator-/);
      for (const { namespaceSelector } of webhooks(manifests, type)) {
        expect(namespaceSelector).toEqual({ matchLabels: { 'kubernetes.io/metadata.name': 'messaging' } });
      }
    }
  });
});

describe('what cannot work is refused', () => {
  test.each<[EmqxOperatorProps, RegExp]>([
    [{ version: '2.3.0' }, /'version' \("2.3.0"\) must be a version from 2.2.0 .*: from 2.3.0 on .*; choose "2.2.29"/],
    [{ version: '2.3.0-alpha.1' }, /'version' .*: from 2.3.0 on/],
    [{ version: '2.1.4' }, /'version' \("2.1.4"\) must be .*: the rights and arguments/],
    [{ version: 'latest' }, /'version' \("latest"\) must be/],
    [{ image: 'emqx/operator:2.2.29' }, /'image' \("emqx\/operator:2.2.29"\) must be the repository/],
    [{ image: '' }, /'image' \(""\) must be the repository/],
    [{ replicas: 0 }, /'replicas' \(0\) must be a whole number of at least 1/],
    [{ namespace: 'Ops' }, /'namespace' \("Ops"\) must be a DNS label/],
    [{ watchNamespace: '' }, /'watchNamespace' \(""\) must be a DNS label/],
    [{ webhook: {} as never }, /'webhook' \(an object\) must be an OperatorWebhook/],
    [{ webhook: OperatorWebhook.fromSecret('', '-----BEGIN CERTIFICATE-----') }, /'webhook.secretName' \(""\) must be/],
    [
      { webhook: OperatorWebhook.fromSecret('cert', 'LS0t') },
      /'webhook.caBundle' \(hidden\) must be certificates as PEM/,
    ],
    [{ resources: { cpuRequestMillis: 600 } }, /'resources.cpuRequestMillis' \(600\) must be at most the limit, 500/],
    [{ resources: { cpuLimitMillis: 0.5 } }, /'resources.cpuLimitMillis' \(0.5\) must be a whole number/],
    [{ resources: { memoryLimit: '1Gi' as never } }, /'resources.memoryLimit' \("1Gi"\) must be a Size/],
    [{ resources: { memoryRequest: Size.kibibytes(100) } }, /'resources.memoryRequest' \(102400\) must be whole mebi/],
    [
      { resources: { memoryRequest: Size.gibibytes(1) } },
      /'resources.memoryRequest' \("1Gi"\) must be at most the limit, 512Mi/,
    ],
  ])('%#', (props, message) => {
    expect(() => operator(props)).toThrow(message);
  });

  test('and all of it is told at once, without a key that was taken for a certificate', () => {
    const key = '-----BEGIN PRIVATE KEY-----\ndo-not-print-me\n-----END PRIVATE KEY-----';
    const webhook = OperatorWebhook.fromSecret('cert', key);
    let message = '';
    try {
      operator({ version: '3.0.0', replicas: -1, webhook });
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message.match(/must be/g)).toHaveLength(3);
    expect(message).not.toContain('do-not-print-me');
  });
});
