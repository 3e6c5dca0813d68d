import type { Secret } from '../../../../src/simulator/kubernetes/core-types';
import { kinds } from '../../../../src/simulator/kubernetes/kinds';
import { OperatedEmqx } from './operated-emqx';

const labels = { 'apps.emqx.io/instance': 'e', 'apps.emqx.io/managed-by': 'emqx-operator' };
const core = { ...labels, 'apps.emqx.io/db-role': 'core' };
const replicant = { ...labels, 'apps.emqx.io/db-role': 'replicant' };

/** What is stored of a new cluster, after it has come to rest. */
async function created(options: ConstructorParameters<typeof OperatedEmqx>[0]) {
  const cluster = new OperatedEmqx(options);
  await cluster.run(() => cluster.createAndSettle());
  const { store } = cluster.kubernetes;
  const text = (name: string, key: string) =>
    Buffer.from(
      store.get<Secret>({ ...kinds.secret, namespace: 'default', name }).data?.[key] ?? '',
      'base64',
    ).toString();
  const get = (kind: { apiVersion: string; kind: string }, name: string) =>
    store.get({ ...kind, namespace: 'default', name });
  return { cluster, text, get };
}

describe('what the operator makes of an EMQX', () => {
  it('a stateful set of cores and a replica set of replicants, each with the hash of its template in name and labels', async () => {
    const { cluster } = await created({ cores: 2, replicants: 3 });
    const { coreNodesStatus, replicantNodesStatus } = cluster.status();
    const hashes = [coreNodesStatus!.updateRevision!, replicantNodesStatus!.updateRevision!] as const;
    const expectedCores = { ...core, 'apps.emqx.io/pod-template-hash': hashes[0] };
    expect(cluster.sets()).toMatchObject([
      {
        metadata: {
          name: `e-core-${hashes[0]}`,
          labels: expectedCores,
          ownerReferences: [{ kind: 'EMQX', name: 'e' }],
        },
        spec: {
          replicas: 2,
          serviceName: 'e-headless',
          podManagementPolicy: 'Parallel',
          selector: { matchLabels: expectedCores },
          template: {
            metadata: { labels: expectedCores },
            spec: { readinessGates: [{ conditionType: 'apps.emqx.io/on-serving' }] },
          },
        },
      },
    ]);
    const expectedReplicants = { ...replicant, 'apps.emqx.io/pod-template-hash': hashes[1] };
    expect(cluster.replicaSets()).toMatchObject([
      {
        metadata: { name: `e-replicant-${hashes[1]}`, labels: expectedReplicants },
        spec: { replicas: 3, selector: { matchLabels: expectedReplicants } },
      },
    ]);
  });

  it('pods that know their role, their cluster, and where the dashboard listens', async () => {
    const { cluster } = await created({
      replicants: 1,
      spec: { config: { data: 'dashboard.listeners { http.bind = 8080, https.bind = 8443 }' } },
    });
    const [emqx] = cluster.sets()[0]!.spec.template.spec.containers;
    expect(emqx).toMatchObject({
      name: 'emqx',
      image: 'emqx/emqx-enterprise:5.8.8',
      ports: [
        { name: 'dashboard', containerPort: 8080 },
        { name: 'dashboard-https', containerPort: 8443 },
      ],
    });
    expect(emqx!.env).toEqual(
      expect.arrayContaining([
        { name: 'EMQX_DASHBOARD__LISTENERS__HTTP__BIND', value: '8080' },
        { name: 'EMQX_DASHBOARD__LISTENERS__HTTPS__BIND', value: '8443' },
        { name: 'EMQX_CLUSTER__DNS__NAME', value: 'e-headless.default.svc.cluster.local' },
        { name: 'EMQX_HOST', value: '$(POD_NAME).$(EMQX_CLUSTER__DNS__NAME)' },
        { name: 'EMQX_NODE__ROLE', value: 'core' },
        { name: 'EMQX_API_KEY__BOOTSTRAP_FILE', value: '"/opt/emqx/data/bootstrap_api_key"' },
      ]),
    );
    const [other] = cluster.replicaSets()[0]!.spec.template.spec.containers;
    expect(other!.env).toEqual(
      expect.arrayContaining([
        { name: 'EMQX_HOST', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'EMQX_NODE__ROLE', value: 'replicant' },
      ]),
    );
  });

  it('Secrets of API keys and cookie, of which it changes nothing later', async () => {
    const { text } = await created({
      spec: {
        bootstrapAPIKeys: [{ key: 'own', secret: 'hidden' }],
        config: { data: 'node { cookie = "ours" }' },
      },
    });
    expect(text('e-bootstrap-api-key', 'bootstrap_api_key')).toMatch(
      /^own:hidden\nemqx-operator-controller:[A-Za-z0-9]{64}$/,
    );
    expect(text('e-node-cookie', 'node_cookie')).toBe('ours');
  });

  it('API keys from Secrets; without them no cluster', async () => {
    const secretRef = {
      key: { secretName: 'keys', secretKey: 'id' },
      secret: { secretName: 'keys', secretKey: 'value' },
    };
    const cluster = new OperatedEmqx({ spec: { bootstrapAPIKeys: [{ secretRef }] } });
    await cluster.run(async () => {
      cluster.create();
      await cluster.sleep(10);
      expect(cluster.sets()).toEqual([]);
      expect(cluster.events('EMQX')).toContain('GetBootStrapSecretRef: Secret "keys" not found');
      const metadata = { name: 'keys', namespace: 'default' };
      cluster.kubernetes.store.create({ ...kinds.secret, metadata, stringData: { id: 'i', value: 'v' } } as Secret);
      await cluster.until('Ready', () => cluster.column() === 'Ready', 60);
    });
  });

  it('Services: a headless one of the cores, the dashboard of the cores, the listeners of the replicants', async () => {
    const { get } = await created({
      replicants: 2,
      spec: { listenersServiceTemplate: { enabled: true, spec: { type: 'NodePort', selector: { mine: 'x' } } } },
    });
    expect(get(kinds.service, 'e-headless')).toMatchObject({
      spec: {
        clusterIP: 'None',
        publishNotReadyAddresses: true,
        selector: core,
        ports: [{ port: 4370 }, { port: 5369 }],
      },
    });
    expect(get(kinds.service, 'e-dashboard')).toMatchObject({ spec: { selector: core, ports: [{ port: 18083 }] } });
    const listeners = get(kinds.service, 'e-listeners') as unknown as { spec: { type: string; selector: object } };
    expect(listeners.spec.type).toBe('NodePort');
    expect(listeners.spec.selector).toEqual(replicant);
  });

  it('no Service that is not enabled', async () => {
    const { cluster, get } = await created({ spec: { dashboardServiceTemplate: { enabled: false } } });
    expect(() => get(kinds.service, 'e-dashboard')).toThrow('not found');
    expect(cluster.endpoints()).toHaveLength(3);
  });

  it('a ConfigMap with the default listeners in front, and a disruption budget for each role', async () => {
    const { get } = await created({ replicants: 1, spec: { config: { data: 'mqtt.max_packet_size = 1MB' } } });
    expect(get(kinds.configMap, 'e-configs')).toMatchObject({
      data: { 'emqx.conf': expect.stringMatching(/^listeners\.tcp\.default\.bind = 1883\n[\s\S]*\nmqtt\./) },
    });
    const budget = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' };
    expect(get(budget, 'e-core')).toMatchObject({ spec: { selector: { matchLabels: core } } });
    expect(get(budget, 'e-replicant')).toMatchObject({ spec: { selector: { matchLabels: replicant } } });
  });

  it('a status that counts all nodes; a count of zero is left out', async () => {
    const { cluster } = await created({ cores: 1, replicants: 1 });
    const status = cluster.status();
    const [set] = cluster.sets();
    expect(status.coreNodes).toEqual([
      {
        node: expect.stringMatching(/^emqx@e-core-.*-0\.e-headless\.default\.svc\.cluster\.local$/),
        node_status: 'running',
        otp_release: '26.2.5',
        version: '5.8.9',
        role: 'core',
        edition: 'Enterprise',
        podUID: expect.any(String),
        controllerUID: set!.metadata.uid,
      },
    ]);
    const revision = set!.metadata.labels!['apps.emqx.io/pod-template-hash'];
    expect(status.coreNodesStatus).toEqual({
      replicas: 1,
      readyReplicas: 1,
      currentRevision: revision,
      currentReplicas: 1,
      updateRevision: revision,
      updateReplicas: 1,
    });
    expect(status.replicantNodes).toMatchObject([
      { node: expect.stringMatching(/^emqx@10\.244\./), role: 'replicant' },
    ]);
    expect(status.conditions).toContainEqual({
      type: 'Ready',
      status: 'True',
      reason: 'Ready',
      message: 'Cluster is ready',
      lastTransitionTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
  });
});

describe('the passes', () => {
  it('follow each other after 1.2 s while the cluster is not Ready, and after 30 s when it is', async () => {
    const cluster = new OperatedEmqx();
    await cluster.run(async () => {
      await cluster.createAndSettle();
      await cluster.holdUpgrade();
      cluster.mark();
      await cluster.sleep(20);
      // Measured: 17 passes in 20 s.
      expect(Math.abs(cluster.passes().length - 17)).toBeLessThanOrEqual(1);
      const version = cluster.resource().metadata.resourceVersion;
      await cluster.sleep(10);
      expect(cluster.resource().metadata.resourceVersion).toBe(version);
    });
    const rested = new OperatedEmqx();
    await rested.run(async () => {
      await rested.createAndSettle();
      await rested.sleep(95);
      expect(rested.passes()).toHaveLength(3);
      rested.kubernetes.store.delete({ ...kinds.pod, namespace: 'default', name: rested.blue()[0]! });
      await rested.sleep(3);
      expect(rested.passes()).toHaveLength(3);
    });
  });

  it('stop at a configuration that is no HOCON, and go on when it is mended', async () => {
    const cluster = new OperatedEmqx({ spec: { config: { data: 'a {' } } });
    await cluster.run(async () => {
      cluster.create();
      await cluster.sleep(10);
      expect(cluster.operator.lastFailure?.message).toMatch(/^failed to parse config: invalid config string/);
      expect(cluster.events('EMQX')).toContain('InvalidConfig: the .spec.config.data is not a valid HOCON config');
      cluster.change((spec) => {
        spec.config = { data: 'a {}' };
      });
      await cluster.until('Ready', () => cluster.column() === 'Ready', 60);
    });
  });

  it.each([
    [10, 'Ready'],
    // Node `…-10` is booked on the pods `…-1` and `…-10`: 12 of 11.
    [11, 'Available'],
  ])('of %d cores lead to %s', async (cores, column) => {
    const cluster = new OperatedEmqx({ cores });
    await cluster.run(async () => {
      cluster.create();
      await cluster.until('Available', () => cluster.column() === 'Available' || cluster.column() === 'Ready', 60);
      await cluster.sleep(30);
      expect(cluster.column()).toBe(column);
      expect(cluster.status().coreNodesStatus!.readyReplicas).toBe(cores === 11 ? 12 : 10);
    });
  });
});
