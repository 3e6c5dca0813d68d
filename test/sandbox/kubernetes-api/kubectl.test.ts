import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { API_VERSION, KIND } from '../../../src/resource';
import type { KubernetesApiOptions } from '../../../src/sandbox/kubernetes-api/kubernetes-api-server';
import { closed, listen } from '../../../src/sandbox/listen';
import type { ObjectStore } from '../../../src/simulator/kubernetes/object-store';
import { next } from '../test-world';
import { describeKubectl, kubectl, startKubectl } from './_kubectl';
import { cleanup, served } from './_served';

afterEach(() => cleanup.run());

const CLUSTER = { apiVersion: API_VERSION, kind: KIND, namespace: 'default', name: 'emqx-ee' };

function manifest(spec = 'replicas: 3', rest = ''): string {
  return `
apiVersion: apps.emqx.io/v1beta4
kind: EmqxEnterprise
metadata:
  name: emqx-ee
spec:
  ${spec}
  template:
    spec:
      emqxContainer:
        image:
          repository: emqx/emqx-ee
          version: 4.4.14
${rest}`;
}

/** kubectl on a cluster in which nothing but the API server is at work. */
async function cluster(options: Partial<KubernetesApiOptions> = {}) {
  const { kubeconfig, store, server } = await served(options);
  return {
    store,
    server,
    kubeconfig,
    run: (words: string, input?: string) => kubectl(kubeconfig, words.split(' '), input),
    /** With one word that holds spaces. */
    runWith: (words: string, last: string) => kubectl(kubeconfig, [...words.split(' '), last]),
  };
}

function setCondition(store: ObjectStore, type: string): void {
  const status = { conditions: [{ type, status: 'True' }], readyReplicas: 3 };
  store.update(CLUSTER, (draft) => ({ ...draft, status }), { subresource: 'status' });
}

describeKubectl('kubectl', () => {
  test.each<[string, string, string]>([
    ['secret generic key --from-literal=key=K --from-literal=secret=S', 'secret/key', '{"key":"Sw==","secret":"Uw=="}'],
    ['configmap map --from-literal=a=b', 'configmap/map', '{"a":"b"}'],
  ])('creates what it sends in binary form: %s', async (words, name, data) => {
    const { run } = await cluster();
    expect(await run(`create ${words}`)).toMatchObject({ code: 0, out: `${name} created\n` });
    expect((await run(`get ${name} -o jsonpath={.data}`)).out).toBe(data);
  });

  test('creates a namespace, and is told how a kind is created that is read as JSON only', async () => {
    const { run } = await cluster();
    expect((await run('create namespace mqtt')).out).toBe('namespace/mqtt created\n');
    const { code, error } = await run('create service clusterip x --tcp=80:80');
    expect([code, error]).toEqual([
      1,
      expect.stringMatching(/reads a Service as JSON only: .*--dry-run=client -o yaml/),
    ]);
  });

  test('applies a cluster: creates it, finds nothing to do, changes it by what was applied last', async () => {
    const { run, store } = await cluster();
    expect(await run('apply -f -', manifest())).toEqual({
      code: 0,
      out: 'emqxenterprise.apps.emqx.io/emqx-ee created\n',
      error: '',
    });
    expect((await run('apply -f -', manifest())).out).toBe('emqxenterprise.apps.emqx.io/emqx-ee unchanged\n');
    expect((await run('apply -f -', manifest('clusterDomain: my.domain'))).out).toMatch(/ configured\n$/);
    // What is applied no longer goes, and the webhook fills it in again.
    expect(store.get(CLUSTER)).toMatchObject({
      spec: { clusterDomain: 'my.domain', replicas: 3 },
      metadata: { generation: 2 },
    });
  });

  test('applies on the server’s side, and meets a conflict', async () => {
    const { run, store } = await cluster();
    expect((await run('apply --server-side -f -', manifest('replicas: 5'))).out).toMatch(/ serverside-applied\n$/);
    await run('apply --server-side --field-manager=other --force-conflicts -f -', manifest('replicas: 7'));
    const { code, error } = await run('apply --server-side -f -', manifest('replicas: 5'));
    expect([code, error]).toEqual([1, expect.stringMatching(/conflict with "other": \.spec\.replicas/)]);
    expect(store.get(CLUSTER)).toMatchObject({ spec: { replicas: 7 } });
  });

  test('applies objects of several kinds, and is told of what the sandbox does not do', async () => {
    const { run } = await cluster();
    const others = `---
{apiVersion: v1, kind: Service, metadata: {name: mqtt}, spec: {type: NodePort, ports: [{port: 1883, nodePort: 32010}]}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: mqtt}, spec: {podSelector: {}}}
`;
    const { code, out, error } = await run('apply -f -', manifest('replicas: 3', others));
    expect([code, out.split('\n').length]).toEqual([0, 4]);
    expect(error).toMatch(/^Warning: the sandbox does not check the fields of a Service$/m);
    expect(error).toMatch(/^Warning: in the sandbox a NetworkPolicy is stored, but has no effect$/m);
    expect((await run('get svc,netpol -o name')).out).toBe('service/mqtt\nnetworkpolicy.networking.k8s.io/mqtt\n');
  });

  test.each([
    ['an unknown field', manifest('replica: 3'), /strict decoding error: unknown field "spec.replica"/],
    [
      'a wrong value',
      manifest('replicas: three'),
      /The EmqxEnterprise "emqx-ee" is invalid: spec.replicas: \("three"\) must be a number/,
    ],
    [
      'a version the operator does not run',
      manifest().replace('4.4.14', '5.0.0'),
      /admission webhook "validator.enterprise.emqx.io" denied/,
    ],
    ['a kind that is not served', manifest().replace(KIND, 'EmqxBroker'), /no matches for kind "EmqxBroker"/],
  ])('applies nothing with %s', async (_, input, words) => {
    const { run, store } = await cluster();
    const { code, error } = await run('apply -f -', input);
    expect([code, error]).toEqual([1, expect.stringMatching(words)]);
    expect(store.find(CLUSTER)).toBeUndefined();
  });

  test('gets what it applied, as a table, as JSON, as YAML, by a path', async () => {
    const { run, store } = await cluster();
    await run('apply -f -', manifest());
    setCondition(store, 'Running');
    expect((await run('get emqxenterprises')).out).toMatch(/^NAME +STATUS +AGE\nemqx-ee +Running +\d+s\n$/);
    expect((await run('get emqxEnterprise emqx-ee --no-headers')).out).toMatch(/^emqx-ee +Running/);
    expect(JSON.parse((await run('get emqxenterprise emqx-ee -o json')).out)).toMatchObject({
      kind: KIND,
      status: { readyReplicas: 3 },
    });
    expect((await run('get emqxenterprise -o yaml')).out).toMatch(/^ +readyReplicas: 3$/m);
    expect((await run('get emqxenterprise emqx-ee -o jsonpath={.status.conditions[0].type}')).out).toBe('Running');
    expect((await run('get emqxenterprise -A')).out).toMatch(/^NAMESPACE +NAME .*\ndefault +emqx-ee /);
    expect((await run('get emqxenterprise -l apps.emqx.io/instance=other')).error).toMatch(/^No resources found/);
    expect(await run('get emqxenterprise none')).toMatchObject({
      code: 1,
      error: 'Error from server (NotFound): emqxenterprises.apps.emqx.io "none" not found\n',
    });
  });

  test('patches: by merge, by operations, by the kind’s own rules', async () => {
    const { run, runWith, store } = await cluster();
    await run('apply -f -', manifest());
    await runWith('patch emqxenterprise emqx-ee --type=merge -p', '{"spec":{"replicas":4}}');
    expect(store.get(CLUSTER)).toMatchObject({ spec: { replicas: 4 } });
    await runWith(
      'patch emqxenterprise emqx-ee --type=json -p',
      '[{"op":"replace","path":"/spec/replicas","value":5}]',
    );
    expect(store.get(CLUSTER)).toMatchObject({ spec: { replicas: 5 } });
    await run(
      'apply -f -',
      '{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"ports":[{"port":1},{"port":2}]}}',
    );
    await runWith('patch svc s -p', '{"spec":{"ports":[{"port":2,"targetPort":3}]}}');
    const service = { apiVersion: 'v1', kind: 'Service', namespace: 'default', name: 's' };
    expect(store.get(service)).toMatchObject({ spec: { ports: [{ port: 1 }, { port: 2, targetPort: 3 }] } });
    expect(
      (await runWith('patch svc s -p', '{"spec":{"type":"NodePort","ports":[{"port":1,"nodePort":80}]}}')).error,
    ).toBe('The Service "s" is invalid: spec.ports.nodePort: Invalid value: 80: not in the range 30000-32767\n');
  });

  test('scales, labels, annotates and deletes', async () => {
    const { run, store } = await cluster();
    await run('apply -f -', manifest());
    expect((await run('scale emqxenterprise emqx-ee --replicas=5')).out).toMatch(/ scaled\n$/);
    expect((await run('label emqxenterprise emqx-ee site=x')).out).toMatch(/ labeled\n$/);
    expect(store.get(CLUSTER)).toMatchObject({ spec: { replicas: 5 }, metadata: { labels: { site: 'x' } } });
    expect((await run('delete emqxenterprise emqx-ee')).out).toBe('emqxenterprise.apps.emqx.io "emqx-ee" deleted\n');
    expect(store.find(CLUSTER)).toBeUndefined();
  });

  test('waits for a condition, and for a value', async () => {
    const { run, store, kubeconfig } = await cluster();
    await run('apply -f -', manifest());
    const waiting = ['condition=Running', 'jsonpath={.status.readyReplicas}=3'].map((what) =>
      kubectl(kubeconfig, ['wait', `--for=${what}`, 'emqxenterprise/emqx-ee', '--timeout=50s']),
    );
    setCondition(store, 'BlueGreenUpdating');
    setCondition(store, 'Running');
    for (const { out } of await Promise.all(waiting))
      expect(out).toBe('emqxenterprise.apps.emqx.io/emqx-ee condition met\n');
  });

  test('watches what changes, line by line', async () => {
    const { run, store, kubeconfig } = await cluster();
    await run('apply -f -', manifest());
    const watching = startKubectl(kubeconfig, ['get', 'emqxenterprise', '--watch']);
    cleanup.add(() => watching.kill());
    const lines = createInterface({ input: watching.stdout! })[Symbol.asyncIterator]();
    const line = async () =>
      String((await lines.next()).value)
        .replace(/\d+s/, 'AGE')
        .replace(/ +/g, ' ');
    expect([await line(), await line()]).toEqual(['NAME STATUS AGE', 'emqx-ee AGE']);
    setCondition(store, 'Running');
    expect(await line()).toBe('emqx-ee Running AGE');
  });

  test('describes, explains, and tells what there is', async () => {
    const { run, store } = await cluster();
    await run('apply -f -', manifest());
    const involvedObject = {
      apiVersion: API_VERSION,
      kind: KIND,
      namespace: 'default',
      name: 'emqx-ee',
      uid: store.get(CLUSTER).metadata.uid,
    };
    const event = { type: 'Warning', reason: 'ReconcileError', message: 'as told', involvedObject };
    store.create({ apiVersion: 'v1', kind: 'Event', metadata: { name: 'e', namespace: 'default' }, ...event } as never);
    expect((await run('describe emqxenterprise emqx-ee')).out).toMatch(
      /Version: +4\.4\.14[\s\S]*Warning +ReconcileError .*as told/,
    );
    expect((await run('explain emqxenterprise.spec.blueGreenUpdate')).out).toMatch(/initialDelaySeconds\s+<integer>/);
    expect((await run('api-resources --api-group=apps.emqx.io -o name')).out).toMatch(
      /^emqxenterprises\.apps\.emqx\.io$/m,
    );
    expect((await run('get crd -o name')).out).toMatch(
      /^customresourcedefinition\S+\/emqxenterprises\.apps\.emqx\.io$/m,
    );
    expect((await run('version')).out).toMatch(/^Server Version: .*v1\.33/m);
    expect((await run('get namespaces -o name')).out).toBe(
      'namespace/default\nnamespace/emqx-operator-system\nnamespace/kube-system\n',
    );
  });

  test('is told what the sandbox does not do', async () => {
    const { run, store } = await cluster();
    const spec = { containers: [{ name: 'emqx', image: 'x' }] };
    store.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'ee-0', namespace: 'default' }, spec } as never);
    const sandbox = /this is the sandbox of emqx-blue-green, not a real cluster: /;
    for (const words of ['logs ee-0', 'exec ee-0 -- ls', 'attach ee-0', 'delete namespace default']) {
      expect([words, (await run(words)).error]).toEqual([words, expect.stringMatching(sandbox)]);
    }
  });
});

describeKubectl('kubectl port-forward', () => {
  const POD = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'ee-0', namespace: 'default' } };

  /** Forwards port 18083 of a pod, and returns where that is here. */
  async function forward(environment: NodeJS.ProcessEnv) {
    const pod = createServer((request, response) => void request.pipe(response));
    const target = await listen(pod);
    cleanup.add(() => {
      pod.closeAllConnections();
      return closed(pod);
    });
    const { store, kubeconfig } = await served({ loopbackPortOf: ({ port }) => (port === 18083 ? target : undefined) });
    const containers = [{ name: 'emqx', image: 'x' }];
    store.create({ ...POD, spec: { containers } } as never);
    store.update({ ...POD, ...POD.metadata }, (draft) => ({ ...draft, status: { phase: 'Running' } }), {
      subresource: 'status',
    });
    const args = ['port-forward', 'pod/ee-0', ':18083', ':9999', '--address=127.0.0.1'];
    const forwarding = startKubectl(kubeconfig, args, environment);
    cleanup.add(() => forwarding.kill());
    const lines = createInterface({ input: forwarding.stdout! })[Symbol.asyncIterator]();
    const port = async () => Number(/127\.0\.0\.1:(\d+) ->/.exec(String((await lines.next()).value))?.[1]);
    return { open: `http://127.0.0.1:${await port()}`, shut: `http://127.0.0.1:${await port()}`, forwarding };
  }

  test.each([
    ['as it is', {}],
    ['that begins with SPDY', { KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }],
  ])('%s reaches the port, with bodies of any size, again and again', async (_, environment) => {
    const { open } = await forward(environment);
    const long = 'ü'.repeat(1_000_000);
    for (const body of ['short', long, '']) {
      const answer = await fetch(open, { method: 'POST', body, headers: { connection: 'close' } });
      expect(await answer.text()).toBe(body);
    }
  });

  test.each([
    ['as it is', {}],
    ['that begins with SPDY', { KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }],
  ])('%s tells that nobody listens', async (_, environment) => {
    const { shut, forwarding } = await forward(environment);
    const told = next(forwarding.stderr!, 'data');
    await expect(fetch(shut)).rejects.toThrow();
    expect(String((await told)[0])).toMatch(/failed to connect to localhost:9999: connection refused/);
  });
});
