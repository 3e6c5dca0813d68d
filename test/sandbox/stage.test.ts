import type { KubeObject } from '../../src/kubernetes';
import type { Emqx, EmqxEnterprise } from '../../src/resource';
import { stageOf } from '../../src/sandbox/stage';
import { clusterOf, emqxOf } from '../_upgradable-cluster';

type Spec = Partial<EmqxEnterprise['spec']>;

const cluster = (spec: Spec = {}, namespace = 'mqtt') => {
  const resource = clusterOf('emqx-ee', namespace, '4.4.14');
  return { ...resource, spec: { ...resource.spec, ...spec } };
};

const LABELS = { 'apps.emqx.io/instance': 'emqx-ee' };
const MQTT = { name: 'mqtt', port: 1883, targetPort: 1883, nodePort: 32_010 };

function service(name: string, spec: object, metadata: object = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, ...metadata }, spec } as KubeObject;
}

const marked = service(
  'marked',
  { type: 'ClusterIP', selector: LABELS, ports: [MQTT] },
  { labels: { 'emqx-blue-green/traffic-for': 'emqx-ee' } },
);
const open = service('open', { type: 'NodePort', selector: LABELS, ports: [{ ...MQTT, targetPort: 'mqtt' }] });
const template = { metadata: { name: 'vendor' }, spec: { type: 'NodePort', ports: [{ ...MQTT, nodePort: 31_883 }] } };

describe('devices come in by', () => {
  test.each<[string, Spec, KubeObject[], string, number | undefined]>([
    [
      'the Service with the label, whatever else there is',
      { serviceTemplate: template },
      [open, marked],
      'marked',
      32_010,
    ],
    ['the operator’s own where it is open', { serviceTemplate: template }, [open], 'vendor', 31_883],
    [
      'the operator’s own load balancer, whose node port nobody knows yet',
      { serviceTemplate: { spec: { type: 'LoadBalancer' } } },
      [],
      'emqx-ee',
      undefined,
    ],
    ['another Service that leads to its nodes, though no upgrade switches it', {}, [open], 'open', 32_010],
  ])('%s', (_, spec, objects, entry, nodePort) => {
    const stage = stageOf({ cluster: cluster(spec), objects });
    expect(stage).toMatchObject({ entry, nodePort, addedService: false, canBeSwitched: entry !== 'open' });
    expect(stage.objects).toHaveLength(objects.length);
  });

  test.each<[string, KubeObject]>([
    ['of another namespace', { ...open, metadata: { name: 'open', namespace: 'other' } }],
    ['to which nobody gets from outside', service('inside', { selector: LABELS, ports: [{ port: 1883 }] })],
    ['of something else', service('else', { type: 'NodePort', selector: { app: 'x' }, ports: [{ port: 1883 }] })],
    ['that selects nothing', service('none', { type: 'NodePort', ports: [{ port: 1883 }] })],
    ['of the dashboard', service('dashboard', { type: 'NodePort', selector: LABELS, ports: [{ port: 18083 }] })],
    [
      'with the label of another cluster',
      { ...marked, metadata: { name: 'x', labels: { 'emqx-blue-green/traffic-for': 'y' } } },
    ],
  ])('a Service that is added, and not by one %s', (_, object) => {
    expect(stageOf({ cluster: cluster(), objects: [object] })).toMatchObject({
      entry: 'emqx-ee-mqtt',
      addedService: true,
      objects: [
        { metadata: { name: object.metadata.name } },
        { metadata: { name: 'emqx-ee-mqtt', namespace: 'mqtt' } },
      ],
    });
  });

  test('a Service with a node port that the manifest has not', () => {
    const dashboard = service('d', { type: 'NodePort', ports: [{ port: 18083, nodePort: 32_011 }] });
    const ports = [{ name: 'x', port: 9000, nodePort: 32_010 }];
    const stage = stageOf({ cluster: cluster({ serviceTemplate: { spec: { ports } } }), objects: [dashboard] });
    expect(stage).toMatchObject({ addedService: true, nodePort: 32_012 });
    expect(stageOf({ cluster: cluster(), objects: [] }, 30_500)).toMatchObject({ nodePort: 30_500 });
  });
});

test('a license that the manifest refers to is taken as given, unless the manifest holds it', () => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'lic' }, stringData: { 'emqx.lic': 'x' } };
  const licensed = cluster({ license: { secretName: 'lic' } });
  const assumed = stageOf({ cluster: licensed, objects: [open] });
  expect(assumed.assumedSecrets).toEqual(['lic']);
  expect(assumed.objects[1]).toMatchObject({ kind: 'Secret', metadata: { name: 'lic', namespace: 'mqtt' } });
  const held = stageOf({ cluster: licensed, objects: [open, secret] });
  expect(held.assumedSecrets).toEqual([]);
  expect(held.objects).toHaveLength(2);
});

test('what was read from a cluster is applied as if somebody had written it', () => {
  const made = {
    uid: 'u',
    resourceVersion: '7',
    creationTimestamp: '2026-01-01T00:00:00Z',
    managedFields: [{}],
    generation: 3,
  };
  const read = (object: object, metadata: object) => ({ ...object, metadata: { ...metadata, ...made }, status: {} });
  const owner = { apiVersion: 'apps.emqx.io/v1beta4', kind: 'EmqxEnterprise', name: 'emqx-ee', uid: 'u' };
  const stage = stageOf({
    cluster: read(cluster(), cluster().metadata) as never,
    objects: [
      read(open, open.metadata) as never,
      { ...open, metadata: { name: 'emqx-ee', ownerReferences: [owner] } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } },
      { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 's' } },
      { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'i' } },
    ],
  });
  expect(stage.objects.map(({ metadata }) => metadata)).toEqual([{ name: 'open', namespace: 'mqtt' }]);
  expect(stage.cluster.metadata).toEqual(cluster().metadata);
  expect(stage.cluster.status).toBeUndefined();
});

describe('of EMQX 5', () => {
  const emqx = (spec: Partial<Emqx['spec']> = {}) => {
    const resource = emqxOf('emqx', 'mqtt', '5.8.8');
    return { ...resource, spec: { ...resource.spec, ...spec } };
  };
  const replicantTemplate = { metadata: { labels: { tier: 'edge' } }, spec: { replicas: 2 } };
  const nodePort = { spec: { type: 'NodePort', ports: [{ name: 'mqtt', port: 1883, nodePort: 31_883 }] } };
  const selecting = (role: string) =>
    service('open', { type: 'NodePort', selector: { 'apps.emqx.io/db-role': role }, ports: [MQTT] });

  test.each<[string, Partial<Emqx['spec']>, KubeObject[], object]>([
    [
      'by the operator’s own Service where its template opens it',
      { listenersServiceTemplate: nodePort },
      [],
      { entry: 'emqx-listeners', nodePort: 31_883, canBeSwitched: true, addedService: false },
    ],
    [
      'by a Service that is added where that template is switched off',
      { listenersServiceTemplate: { ...nodePort, enabled: false } },
      [],
      { entry: 'emqx-mqtt', addedService: true },
    ],
    [
      'by another Service that leads to the replicants',
      { replicantTemplate },
      [service('open', { type: 'NodePort', selector: { tier: 'edge' }, ports: [MQTT] })],
      { entry: 'open', canBeSwitched: false },
    ],
    ['by another Service that leads to cores', {}, [selecting('core')], { entry: 'open', canBeSwitched: false }],
    [
      'by a Service that is added where the other one leads to cores behind replicants',
      { replicantTemplate },
      [selecting('core')],
      { entry: 'emqx-mqtt', addedService: true, nodePort: 32_011 },
    ],
  ])('devices come in %s', (_, spec, objects, expected) => {
    expect(stageOf({ cluster: emqx(spec), objects })).toMatchObject(expected);
  });

  test.each([
    ['core', {}],
    ['replicant', { replicantTemplate }],
  ])('a Service that is added selects every %s, old and new', (role, spec) => {
    expect(stageOf({ cluster: emqx(spec), objects: [] }).objects).toMatchObject([
      {
        metadata: { labels: { 'emqx-blue-green/traffic-for': 'emqx' } },
        spec: {
          selector: {
            'apps.emqx.io/instance': 'emqx',
            'apps.emqx.io/managed-by': 'emqx-operator',
            'apps.emqx.io/db-role': role,
          },
        },
      },
    ]);
  });

  test('the Secrets of API keys are taken as given, each once', () => {
    const part = (secretKey: string) => ({ secretName: 'keys', secretKey });
    const bootstrapAPIKeys = [{ secretRef: { key: part('key'), secret: part('secret') } }];
    const stage = stageOf({ cluster: emqx({ bootstrapAPIKeys }), objects: [] });
    expect(stage.assumedSecrets).toEqual(['keys']);
    expect(stage.objects[0]).toMatchObject({
      kind: 'Secret',
      metadata: { name: 'keys', namespace: 'mqtt' },
      data: { key: expect.any(String), secret: expect.any(String) },
    });
  });
});
