import { age } from '../../../src/sandbox/kubernetes-api/age';
import { firstAt } from '../../../src/sandbox/kubernetes-api/json-path';
import type { KubernetesApiServer } from '../../../src/sandbox/kubernetes-api/kubernetes-api-server';
import { type ObjectStore, refOf } from '../../../src/simulator/kubernetes/object-store';
import { ask, ENTERPRISES } from './_ask';
import { cleanup, served } from './_served';

afterEach(() => cleanup.run());

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test.each([
  [-5 * SECOND, '<invalid>'],
  [-10, '0s'],
  [119 * SECOND, '119s'],
  [2 * MINUTE, '2m'],
  [9 * MINUTE + 59 * SECOND, '9m59s'],
  [10 * MINUTE + 59 * SECOND, '10m'],
  [3 * HOUR, '3h'],
  [7 * HOUR + 5 * MINUTE, '7h5m'],
  [47 * HOUR, '47h'],
  [2 * DAY + 3 * HOUR, '2d3h'],
  [400 * DAY, '400d'],
])('an age of %d ms is %s', (ms, text) => {
  expect(age(ms)).toBe(text);
});

test.each([
  ['.a.b', 1],
  ['.a.c', undefined],
  ['.list[?(@.on=="yes")].name', 'second'],
  ['.list[?(@.on=="never")].name', undefined],
  ['.a[?(@.on=="yes")].name', undefined],
])('what a column shows of %s', (path, value) => {
  const list = [
    { name: 'first', on: 'no' },
    { name: 'second', on: 'yes' },
    { name: 'third', on: 'yes' },
  ];
  expect(firstAt({ a: { b: 1 }, list }, path)).toBe(value);
});

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

/** The rows of a table, each as kubectl prints it; wide columns behind a bar. */
async function printed(server: KubernetesApiServer, path: string): Promise<string[]> {
  const { body } = await ask(server, 'GET', path, { accept: TABLE });
  expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
  const columns = body.columnDefinitions as { name: string; priority: number }[];
  const narrow = columns.filter(({ priority }) => priority === 0).length;
  const row = (cells: unknown[]) => [cells.slice(0, narrow).join(' '), ...cells.slice(narrow)].join(' | ');
  return [row(columns.map(({ name }) => name)), ...body.rows.map((one: { cells: unknown[] }) => row(one.cells))];
}

/** Stores an object with its status. */
function put(store: ObjectStore, apiVersion: string, kind: string, name: string, rest: object, status?: object): void {
  const object = store.create({ apiVersion, kind, metadata: { name, namespace: 'default' }, ...rest });
  if (status) store.update(refOf(object), (draft) => ({ ...draft, status }), { subresource: 'status' });
}

const containers = [
  { name: 'emqx', image: 'emqx/emqx-ee:4.4.14' },
  { name: 'reloader', image: 'reloader:1' },
];

describe('kubectl prints', () => {
  test('pods with what they are at', async () => {
    const { server, store } = await served();
    const readinessGates = [{ conditionType: 'on-serving' }];
    const statuses = [true, false].map((ready) => ({ name: 'x', image: 'x', ready, restartCount: 2 }));
    const conditions = [{ type: 'on-serving', status: 'True' }];
    const put1 = (name: string, spec: object, status: object) => put(store, 'v1', 'Pod', name, { spec }, status);
    const spec = { containers, nodeName: 'node-1' };
    put1(
      'a',
      { ...spec, readinessGates },
      { phase: 'Running', podIP: '10.1.1.1', containerStatuses: statuses, conditions },
    );
    put1('b', { containers }, { phase: 'Pending' });
    put1('c', spec, { phase: 'Pending' });
    put1('d', spec, { phase: 'Succeeded' });
    put1('e', spec, { phase: 'Running' });
    store.delete({ apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'e' });
    expect(await printed(server, '/api/v1/namespaces/default/pods')).toEqual([
      'Name Ready Status Restarts Age | IP | Node | Readiness Gates',
      'a 1/2 Running 4 0s | 10.1.1.1 | node-1 | 1/1',
      'b 0/2 Pending 0 0s | <none> | <none> | <none>',
      'c 0/2 ContainerCreating 0 0s | <none> | node-1 | <none>',
      'd 0/2 Completed 0 0s | <none> | node-1 | <none>',
      'e 0/2 Terminating 0 0s | <none> | node-1 | <none>',
    ]);
  });

  test('Services with their ports', async () => {
    const { server, store } = await served();
    const ports = [{ port: 1883, nodePort: 32010 }, { port: 8083 }];
    put(store, 'v1', 'Service', 'a', { spec: { type: 'NodePort', ports, selector: { app: 'x' } } });
    put(store, 'v1', 'Service', 'b', { spec: { clusterIP: 'None' } });
    put(store, 'v1', 'Service', 'c', { spec: { type: 'LoadBalancer', ports: [{ port: 1 }] } });
    expect(await printed(server, '/api/v1/namespaces/default/services')).toEqual([
      'Name Type Cluster-IP External-IP Port(s) Age | Selector',
      'a NodePort 10.96.0.1 <none> 1883:32010/TCP,8083:30000/TCP 0s | app=x',
      'b ClusterIP None <none> <none> 0s | <none>',
      'c LoadBalancer 10.96.0.2 <pending> 1:30001/TCP 0s | <none>',
    ]);
  });

  test('stateful sets', async () => {
    const { server, store } = await served();
    const spec = {
      replicas: 3,
      serviceName: 'h',
      selector: { matchLabels: {} },
      template: { metadata: { labels: {} }, spec: { containers } },
    };
    put(store, 'apps/v1', 'StatefulSet', 'a', { spec }, { replicas: 3, readyReplicas: 2 });
    expect(await printed(server, '/apis/apps/v1/namespaces/default/statefulsets')).toEqual([
      'Name Ready Age | Images',
      'a 2/3 0s | emqx/emqx-ee:4.4.14,reloader:1',
    ]);
  });

  test('replica sets', async () => {
    const { server, store } = await served();
    const spec = {
      replicas: 3,
      selector: { matchLabels: {} },
      template: { metadata: { labels: {} }, spec: { containers } },
    };
    put(store, 'apps/v1', 'ReplicaSet', 'a', { spec }, { replicas: 2, readyReplicas: 1 });
    expect(await printed(server, '/apis/apps/v1/namespaces/default/replicasets')).toEqual([
      'Name Desired Current Ready Age | Images',
      'a 3 2 1 0s | emqx/emqx-ee:4.4.14,reloader:1',
    ]);
  });

  test('events by when they were', async () => {
    const { server, store } = await served();
    const event = {
      type: 'Warning',
      reason: 'ReconcileError',
      message: 'no such host',
      lastTimestamp: new Date(store.now - 90_000).toISOString(),
      involvedObject: { kind: 'EmqxEnterprise', name: 'ee' },
    };
    put(store, 'v1', 'Event', 'a', event);
    expect(await printed(server, '/api/v1/namespaces/default/events')).toEqual([
      'Last Seen Type Reason Object Message | Name',
      '90s Warning ReconcileError emqxenterprise/ee no such host | a',
    ]);
  });

  test('an EmqxEnterprise by the columns of its definition: the first condition that is true', async () => {
    const { server, store } = await served();
    const image = { version: '4.4.14' };
    const spec = { template: { spec: { emqxContainer: { image } } } };
    const conditions = [
      { type: 'Running', status: 'False' },
      { type: 'BlueGreenUpdating', status: 'True' },
    ];
    put(store, 'apps.emqx.io/v1beta4', 'EmqxEnterprise', 'ee', { spec }, { conditions });
    put(store, 'apps.emqx.io/v1beta4', 'EmqxEnterprise', 'new', { spec });
    expect(await printed(server, ENTERPRISES)).toEqual(['Name Status Age', 'ee BlueGreenUpdating 0s', 'new  0s']);
  });

  test('anything else by name and age', async () => {
    const { server } = await served();
    expect(await printed(server, '/api/v1/namespaces')).toEqual([
      'Name Age',
      'default 0s',
      'emqx-operator-system 0s',
      'kube-system 0s',
    ]);
  });
});

describe('a table', () => {
  test('has of one object one row, with as much of the object as is asked for', async () => {
    const { server } = await served();
    const rows = async (query = '') =>
      (await ask(server, 'GET', `/api/v1/namespaces/default${query}`, { accept: TABLE })).body.rows;
    expect(await rows()).toMatchObject([{ object: { kind: 'PartialObjectMetadata', metadata: { name: 'default' } } }]);
    expect((await rows('?includeObject=Object'))[0].object).toMatchObject({ kind: 'Namespace', spec: {} });
    expect((await rows('?includeObject=None'))[0]).not.toHaveProperty('object');
  });

  test('is told as it changes, its columns once', async () => {
    const { server } = await served();
    const query = 'watch=true&timeoutSeconds=1&allowWatchBookmarks=true';
    const response = await fetch(`${server.url}/api/v1/namespaces?${query}`, { headers: { accept: TABLE } });
    const lines = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(
      lines.map(({ type, object }) => [type, object.kind, object.rows.length, object.columnDefinitions?.length]),
    ).toEqual([
      ['ADDED', 'Table', 1, 2],
      ['ADDED', 'Table', 1, undefined],
      ['ADDED', 'Table', 1, undefined],
      ['BOOKMARK', 'Table', 0, undefined],
    ]);
  });
});
