import { existsSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { connectAsync } from 'mqtt';
import { EmqxClient, MqttProber } from '../../src/emqx';
import { AgentTransport } from '../../src/emqx/agent-transport';
import { Cluster, connect, type KubeObject } from '../../src/kubernetes';
import { SystemClock } from '../../src/kubernetes/system-clock';
import {
  type OpenSandbox,
  type OpenSandboxOptions,
  openSandbox,
  type SandboxEvent,
} from '../../src/sandbox/open-sandbox';
import { quickstart, quickstartOfEmqx } from '../../src/sandbox/quickstart';
import { planUpgrade } from '../../src/upgrade';
import { SharedTime } from '../_shared-time';
import { Cleanup } from './test-world';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

/** A sandbox with a client of its API. */
async function opened(options: Partial<OpenSandboxOptions> = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandbox-'));
  cleanup.add(() => rmSync(folder, { recursive: true }));
  const kubeconfigPath = path.join(folder, 'kubeconfig');
  const events: SandboxEvent[] = [];
  const waiting = new Set<() => void>();
  const sandbox = await openSandbox({ kubeconfigPath, freePorts: true, ...options }, (event) => {
    events.push(event);
    for (const resume of waiting) resume();
  });
  cleanup.add(() => sandbox.stop());
  const client = await connect({ kubeconfig: kubeconfigPath });
  cleanup.add(() => client.close());
  /** Resolves when something has happened that is so. */
  const until = async (so: () => boolean) => {
    while (!so()) await new Promise<void>((resolve) => waiting.add(resolve));
  };
  return { sandbox, client, events, until, kubeconfigPath };
}

/** Resolves when something has changed in a folder so that this is so. */
function watching(folder: string, so: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(folder, () => {
      if (!so()) return;
      watcher.close();
      resolve();
    });
  });
}

const mqttPort = (sandbox: OpenSandbox) => sandbox.nodePorts().find(({ isMqtt }) => isMqtt)!.port;

describe('a sandbox with a cluster', () => {
  test('has it running at once, with all ways in', async () => {
    const { sandbox, client, kubeconfigPath } = await opened({ manifests: quickstart(10), clients: 0 });
    expect(readFileSync(kubeconfigPath, 'utf8')).toContain(sandbox.serverUrl);
    const ref = { apiVersion: 'apps.emqx.io/v1beta4', kind: 'EmqxEnterprise', namespace: 'default' };
    expect(await client.get({ ...ref, name: 'emqx-ee' })).toMatchObject({
      status: { conditions: [{ type: 'Running', status: 'True' }], readyReplicas: 3 },
    });
    const { items } = await client.list<KubeObject>({ apiVersion: 'v1', kind: 'Pod', namespace: 'default' });
    const [pod] = items.map(({ metadata }) => metadata.name);
    const status = await new Promise<string>((resolve, reject) => {
      request(`http://${pod}.default:8081/status`, { agent: client.pods })
        .on('response', (response) => void text(response).then(resolve, reject))
        .on('error', reject)
        .end();
    });
    expect(status).toMatch(/is running/);
    const device = await connectAsync({ host: '127.0.0.1', port: mqttPort(sandbox), reconnectPeriod: 0 });
    await device.endAsync();
    const operators = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: '',
      labels: { 'control-plane': 'controller-manager' },
    };
    expect((await client.list(operators)).items).toMatchObject([{ metadata: { namespace: 'emqx-operator-system' } }]);
  });

  test('lives by the wall clock', async () => {
    const before = Date.now();
    const { client } = await opened({ manifests: quickstart(10) });
    const created = await client.create<KubeObject>({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'default' },
    });
    const at = Date.parse(created.metadata.creationTimestamp!);
    expect(at).toBeGreaterThanOrEqual(Math.floor(before / 1000) * 1000);
    expect(at).toBeLessThanOrEqual(Date.now());
  });

  test('can be planned for by the engine, through its API and its port-forward alone', async () => {
    const { client, events, until } = await opened({ manifests: quickstart(10), clients: 20 });
    await until(() => events.some(({ kind }) => kind === 'connected'));
    expect(events).toContainEqual({ kind: 'connected', clients: 20, devices: 2 });
    const clock = new SystemClock();
    const cluster = new Cluster({ api: client, clock, namespace: 'default', name: 'emqx-ee' });
    const transport = new AgentTransport(client.pods);
    const emqx = new EmqxClient({ transport, namespace: 'default', credentials: () => cluster.credentials() });
    const desired = structuredClone(quickstart(10).cluster);
    desired.spec.template!.spec!.emqxContainer!.image!.version = '4.4.15';
    const context = { clock, cluster, emqx, progress: { report: () => undefined }, holder: 'test' };
    const plan = await planUpgrade(context, { desired, driver: 'pilot' });
    expect(plan.checks.filter(({ status }) => status === 'blocker')).toEqual([]);
  });

  test('gets a way in for clients when its manifests bring none', async () => {
    const { cluster } = quickstart(10);
    const { sandbox } = await opened({ manifests: { cluster, objects: [] }, mqttPort: 32_766 });
    expect(sandbox.nodePorts()).toMatchObject([{ service: 'emqx-ee-mqtt', nodePort: 32_766, isMqtt: true }]);
  });

  test('tells a Prometheus where each of its nodes is, as they come and go', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'targets-'));
    cleanup.add(() => rmSync(folder, { recursive: true }));
    const prometheusTargetsPath = path.join(folder, 'targets.json');
    const { sandbox, client, events, until } = await opened({
      manifests: quickstart(10),
      clients: 30,
      prometheusTargetsPath,
    });
    const targets = () =>
      (JSON.parse(readFileSync(prometheusTargetsPath, 'utf8')) as { targets: string[]; labels: { pod: string } }[]).map(
        ({ targets: [target], labels: { pod } }) => ({ target, pod }),
      );
    await until(() => events.some(({ kind }) => kind === 'connected'));
    // A node counts its connections now and then.
    const scraped = async ({ target }: { target?: string | undefined }) => {
      const answer = await fetch(`http://${target}/api/v4/emqx_prometheus?type=prometheus`);
      return Number(/^emqx_live_connections_count (\d+)$/m.exec(await answer.text())?.[1]);
    };
    let counts: number[] = [];
    while (counts.reduce((sum, each) => sum + each, 0) !== 30) counts = await Promise.all(targets().map(scraped));
    expect(counts).toHaveLength(3);
    expect(Math.max(...counts)).toBeLessThan(30);

    const [first, ...others] = targets();
    const changed = watching(folder, () => !targets().some(({ pod }) => pod === first!.pod));
    await client.delete({ apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: first!.pod });
    await changed;
    expect(targets()).toEqual(others);
    await sandbox.stop();
    expect(existsSync(prometheusTargetsPath)).toBe(false);
  });

  test('gets any port that is free where that is asked for', async () => {
    const { cluster } = quickstart(10);
    const manifests = { cluster, objects: [] };
    const first = await opened({ manifests, mqttPort: 0, freePorts: false });
    const second = await opened({ manifests, mqttPort: 0, freePorts: false });
    const [one, two] = [first, second].map(({ sandbox }) => sandbox.nodePorts()[0]!);
    expect(one).toMatchObject({ service: 'emqx-ee-mqtt', port: one!.nodePort });
    expect(two).toMatchObject({ service: 'emqx-ee-mqtt', port: two!.nodePort });
    expect(one!.port).not.toBe(two!.port);
  });

  test('lives in the namespace of its cluster', async () => {
    const { cluster, objects } = structuredClone(quickstart(10));
    for (const { metadata } of [cluster, ...objects]) metadata.namespace = 'mqtt';
    const { client } = await opened({ manifests: { cluster, objects } });
    expect(client.namespace).toBe('mqtt');
    expect((await client.list({ apiVersion: 'v1', kind: 'Pod', namespace: 'mqtt' })).items).toHaveLength(3);
  });
});

describe('a sandbox with a cluster of EMQX 5', () => {
  /** What a request to a port of a pod is answered with, or why it fails. */
  const answer = (client: Awaited<ReturnType<typeof opened>>['client'], url: string, headers = {}) =>
    new Promise<string>((resolve) => {
      request(url, { agent: client.pods, headers })
        .on('response', (response) => void text(response).then(resolve))
        .on('error', ({ message }) => resolve(message))
        .end();
    });

  test('has its resource, and its management API on the port of the dashboard alone', async () => {
    const { client } = await opened({ manifests: quickstartOfEmqx(10) });
    const ref = { apiVersion: 'apps.emqx.io/v2beta1', kind: 'EMQX', namespace: 'default', name: 'emqx' };
    const resource = await client.get<KubeObject & { status: { conditions: object[] } }>(ref);
    expect(resource.status.conditions[0]).toMatchObject({ type: 'Ready', status: 'True' });
    const { items } = await client.list<KubeObject>({ apiVersion: 'v1', kind: 'Pod', namespace: 'default' });
    const pod = `${items[0]!.metadata.name}.default`;
    const cluster = new Cluster({
      api: client,
      clock: new SystemClock(),
      kind: 'EMQX',
      namespace: 'default',
      name: 'emqx',
    });
    const { id, secret } = await cluster.credentials();
    const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
    const nodes = JSON.parse(await answer(client, `http://${pod}:18083/api/v5/nodes`, { authorization })) as object[];
    expect(nodes).toHaveLength(3);
    expect(nodes[0]).toMatchObject({ role: 'core', node_status: 'running', version: '5.8.8' });
    expect(await answer(client, `http://${pod}:8081/api/v5/nodes`)).toContain('connection refused');
  });

  test('answers on every listener that the operator’s Service publishes', async () => {
    const { cluster } = quickstartOfEmqx(10);
    cluster.spec.listenersServiceTemplate = { spec: { type: 'NodePort' } };
    cluster.spec.replicantTemplate = { spec: { replicas: 2 } };
    const { client } = await opened({ manifests: { cluster, objects: [] } });
    const clock = new SystemClock();
    const observed = new Cluster({ api: client, clock, kind: 'EMQX', namespace: 'default', name: 'emqx' });
    const prober = new MqttProber((pod, port, timeoutMs) => client.dial(pod, port, timeoutMs));
    const { traffic } = await observed.observe();
    expect(traffic).toMatchObject([{ service: 'emqx-listeners', byOperator: true }]);
    const { items } = await client.list<KubeObject>({ apiVersion: 'v1', kind: 'Pod', namespace: 'default' });
    const replicant = items.find(({ metadata: { name } }) => name.includes('replicant'))!.metadata;
    const listeners = traffic[0]!.listeners!.map((listener) => ({ ...listener, proxyProtocol: false }));
    expect(listeners.map(({ kind }) => kind).sort()).toEqual(['mqtt', 'mqtts', 'ws', 'wss']);
    // All of them answer: those that the sandbox does not serve close the connection.
    expect(await prober.probe({ namespace: 'default', name: replicant.name }, listeners)).toEqual({ state: 'serves' });
  });

  test('tells a Prometheus where its cores and its replicants are', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'targets-'));
    cleanup.add(() => rmSync(folder, { recursive: true }));
    const prometheusTargetsPath = path.join(folder, 'targets.json');
    const { cluster } = quickstartOfEmqx(10);
    cluster.spec.replicantTemplate = { spec: { replicas: 2 } };
    const { client } = await opened({ manifests: { cluster, objects: [] }, mqttPort: 0, prometheusTargetsPath });
    type Target = { targets: [string]; labels: Record<string, string> };
    const targets = JSON.parse(readFileSync(prometheusTargetsPath, 'utf8')) as Target[];
    const { items } = await client.list<KubeObject>({ apiVersion: 'v1', kind: 'Pod', namespace: 'default' });
    const sets = items.map(({ metadata: { name, labels, ownerReferences } }) => ({
      pod: name,
      role: labels!['apps.emqx.io/db-role'],
      set: ownerReferences![0]!.name,
    }));
    expect(targets.map(({ labels: { pod, role, set } }) => ({ pod, role, set }))).toEqual(expect.arrayContaining(sets));
    expect(sets.map(({ role }) => role).sort()).toEqual(['core', 'core', 'core', 'replicant', 'replicant']);
    for (const {
      targets: [target],
    } of targets) {
      const answer = await fetch(`http://${target}/api/v5/prometheus/stats`);
      expect(await answer.text()).toMatch(/^emqx_cluster_nodes_running 5$/m);
    }
  });

  test('drops unknown fields and refuses wrong types, as its definition does', async () => {
    const { client } = await opened();
    const { cluster } = quickstartOfEmqx(10);
    const applied = (fields: object) => {
      const body = { ...cluster, spec: { ...cluster.spec, ...fields } } as KubeObject;
      const ref = { apiVersion: body.apiVersion, kind: body.kind, namespace: 'default', name: 'emqx' };
      return client.patch<KubeObject & { spec: object }>(ref, { type: 'apply', body, fieldManager: 'test' });
    };
    await expect(applied({ coreTemplate: { spec: { replicas: 'three' } } })).rejects.toThrow(
      /spec\.coreTemplate\.spec\.replicas/,
    );
    expect((await applied({ imagee: 'x' })).spec).toEqual(cluster.spec);
  });
});

describe('an empty sandbox', () => {
  test('runs a cluster that is applied, and lets its clients in as soon as there is a way', async () => {
    const time = await SharedTime.open();
    cleanup.add(() => time.close());
    const { sandbox, client, events, until } = await opened({ clients: 10, drive: time.drive });
    expect(sandbox.nodePorts()).toEqual([]);
    const { cluster, objects } = quickstart(10);
    for (const object of [cluster as KubeObject, ...objects]) {
      const { apiVersion, kind, metadata } = object;
      const ref = { apiVersion, kind, namespace: 'default', name: metadata.name };
      await client.patch(ref, { type: 'apply', body: object, fieldManager: 'test' });
    }
    await time.until(until(() => events.some(({ kind }) => kind === 'connected')));
    expect(sandbox.connectedClients()).toBe(10);
    expect(sandbox.nodePorts()).toMatchObject([{ service: 'emqx-ee-mqtt', isMqtt: true }]);
  });

  test('closes everything when it stops, and leaves no file', async () => {
    const { sandbox, kubeconfigPath } = await opened();
    const url = sandbox.serverUrl;
    await sandbox.stop();
    expect(existsSync(kubeconfigPath)).toBe(false);
    await expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  test('is not opened where another kubeconfig is', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sandbox-'));
    cleanup.add(() => rmSync(folder, { recursive: true }));
    const kubeconfigPath = path.join(folder, 'config');
    writeFileSync(kubeconfigPath, 'clusters: [{name: production}]');
    await expect(openSandbox({ kubeconfigPath }, () => undefined)).rejects.toThrow(/was not written by a sandbox/);
    expect(readFileSync(kubeconfigPath, 'utf8')).toContain('production');
  });
});
