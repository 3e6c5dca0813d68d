import { inspect } from 'node:util';
import { Size } from 'cdk8s';
import { EnvValue, License } from '../../src';
import { podOf, problemsWith, resourceOf } from './_cluster';

test('what is not given is left to the operator', () => {
  expect(Object.keys(podOf({})).sort()).toEqual(['emqxContainer', 'podSecurityContext', 'reloaderImage']);
  expect(Object.keys(podOf({}).emqxContainer!).sort()).toEqual([
    'emqxACL',
    'emqxConfig',
    'image',
    'ports',
    'securityContext',
  ]);
});

test('variables are given, or taken from a Secret or a ConfigMap', () => {
  const env = {
    TZ: EnvValue.fromValue('UTC'),
    EMQX_AUTH__REDIS__PASSWORD: EnvValue.fromSecret('redis', 'password'),
    REGION: EnvValue.fromConfigMap('fleet', 'region'),
    EMPTY: EnvValue.fromValue(''),
  };
  expect(podOf({ env }).emqxContainer!.env).toEqual([
    { name: 'TZ', value: 'UTC' },
    { name: 'EMQX_AUTH__REDIS__PASSWORD', valueFrom: { secretKeyRef: { name: 'redis', key: 'password' } } },
    { name: 'REGION', valueFrom: { configMapKeyRef: { name: 'fleet', key: 'region' } } },
    { name: 'EMPTY' },
  ]);
});

test('a value given in the program is not printed', () => {
  const value = EnvValue.fromValue('do-not-print-me');
  expect(JSON.stringify(value) + inspect(value, { showHidden: true })).not.toContain('do-not-print-me');
});

test('processor and memory are rendered as Kubernetes stores them', () => {
  const resources = (given: object) => podOf({ resources: given }).emqxContainer!.resources;
  expect(
    resources({
      cpuRequestMillis: 500,
      cpuLimitMillis: 2000,
      memoryRequest: Size.mebibytes(1024),
      memoryLimit: Size.gibibytes(1.5),
    }),
  ).toEqual({ requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '2', memory: '1536Mi' } });
  expect(resources({ memoryLimit: Size.gibibytes(8) })).toEqual({ limits: { memory: '8Gi' } });
  expect(resources({})).toBeUndefined();
});

test("Kubernetes' own objects are rendered as given, with what the definition fills in", () => {
  const given = {
    affinity: { nodeAffinity: {} },
    tolerations: [{ key: 'pool', operator: 'Equal' as const, value: 'mqtt' }],
    nodeSelector: { pool: 'mqtt' },
    podSecurityContext: { runAsUser: 2000 },
    serviceAccountName: 'emqx',
    reloaderImage: 'r.example/reloader:1',
    volumes: [{ name: 'plugins', configMap: { name: 'plugins' } }],
    initContainers: [{ name: 'first', image: 'busybox', volumeMounts: [{ name: 'plugins', mountPath: '/p' }] }],
    extraContainers: [
      { name: 'logs', image: 'fluent-bit', ports: [{ containerPort: 2020 }], resources: { limits: { cpu: 0.5 } } },
    ],
  };
  const pod = podOf({
    ...given,
    imagePullSecrets: ['credentials'],
    volumeMounts: [{ name: 'plugins', mountPath: '/mounted/plugins' }],
    containerSecurityContext: { runAsUser: 2000 },
    probes: {
      liveness: { httpGet: { path: '/status', port: 8081 } },
      readiness: { tcpSocket: { port: 1883 } },
      startup: { grpc: { port: 9 } },
    },
  });
  expect(pod).toMatchObject({
    ...given,
    imagePullSecrets: [{ name: 'credentials' }],
    extraContainers: [
      {
        ...given.extraContainers[0],
        ports: [{ containerPort: 2020, protocol: 'TCP' }],
        resources: { limits: { cpu: '500m' } },
      },
    ],
    emqxContainer: {
      volumeMounts: [{ name: 'plugins', mountPath: '/mounted/plugins' }],
      securityContext: { runAsUser: 2000 },
      livenessProbe: { httpGet: { path: '/status', port: 8081 } },
      readinessProbe: { tcpSocket: { port: 1883 } },
      startupProbe: { grpc: { port: 9, service: '' } },
    },
  });
  // A given context takes the place of the default as a whole.
  expect(pod.podSecurityContext).toEqual({ runAsUser: 2000 });
  expect(pod.emqxContainer!.securityContext).toEqual({ runAsUser: 2000 });
});

test('labels, annotations, command, hooks and ports are rendered beside those of the operator', () => {
  const { metadata, spec } = resourceOf({
    podLabels: { team: 'iot', 'example.com/tier': 'edge' },
    podAnnotations: { 'sidecar.istio.io/inject': 'false' },
    envFrom: [{ secretRef: { name: 'fleet' } }, { prefix: 'A_', configMapRef: { name: 'fleet' } }],
    command: ['/bin/start'],
    args: ['--quick'],
    lifecycle: { preStop: { exec: { command: ['sleep', '5'] } } },
    extraPorts: [{ name: 'exproto', containerPort: 7993 }],
  }).spec.template!;
  expect(metadata).toEqual({
    labels: {
      'apps.emqx.io/instance': 'emqx-ee',
      'apps.emqx.io/managed-by': 'emqx-operator',
      team: 'iot',
      'example.com/tier': 'edge',
    },
    annotations: { 'sidecar.istio.io/inject': 'false' },
  });
  expect(spec!.emqxContainer).toMatchObject({
    envFrom: [{ secretRef: { name: 'fleet' } }, { prefix: 'A_', configMapRef: { name: 'fleet' } }],
    command: ['/bin/start'],
    args: ['--quick'],
    lifecycle: { preStop: { exec: { command: ['sleep', '5'] } } },
  });
  expect(spec!.emqxContainer!.ports!.map(({ name, containerPort }) => [name, containerPort])).toEqual([
    ['exproto', 7993],
    ['management', 8081],
    ['dashboard', 18083],
  ]);
});

test('labels of the pods are none of the custom resource', () => {
  expect(resourceOf({ podLabels: { team: 'iot' } }).metadata).toEqual(resourceOf({}).metadata);
});

test('an empty list is as good as none', () => {
  expect(resourceOf({ volumes: [], tolerations: [], env: {}, extraContainers: [] })).toEqual(resourceOf({}));
});

describe('refused is', () => {
  const text = 'do-not-print-me';
  const volumes = [{ name: 'mine', emptyDir: {} }];
  test.each<[string, object, RegExp]>([
    [
      'a label of the operator',
      { podLabels: { 'apps.emqx.io/instance': text } },
      /^'podLabels\["apps.emqx.io\/instance"\]' \(hidden\) must be left out: the operator and Kubernetes find/,
    ],
    ['a bad name of a label', { podLabels: { 'a b': text } }, /^'podLabels\["a b"\]' \(hidden\) must be under a name/],
    [
      'a bad value of a label',
      { podLabels: { team: 'a b' } },
      /^'podLabels.team' \("a b"\) must be the value of a label/,
    ],
    ['a label of no text', { podLabels: { team: 5 } }, /^'podLabels.team' \(5\) must be text/],
    [
      'the port of the management API',
      { extraPorts: [{ name: 'mine', containerPort: 8081 }] },
      /^'extraPorts\[0\].containerPort' \(8081\) must be a port that is not declared already/,
    ],
    [
      'a port without a name',
      { extraPorts: [{ containerPort: 7993 }] },
      /^'extraPorts\[0\].name' \(missing\) must be a name that no other port has/,
    ],
    [
      'an unknown field of a hook',
      { lifecycle: { preStop: { execute: {} } } },
      /^'lifecycle.preStop.execute' .* must be a known field/,
    ],
    ['a secret argument that is no text', { args: [5] }, /^'args\[0\]' \(hidden\) must be text/],
    ['a bare value', { env: { TZ: text } }, /^'env.TZ' \(hidden\) must be an EnvValue: /],
    ['a bad name of a variable', { env: { '1': EnvValue.fromValue(text) } }, /^'env.1' \(hidden\) must be a variable/],
    [
      'a variable that is a setting by which the operator goes on',
      { env: { EMQX_NAME: EnvValue.fromValue(text) } },
      /^'env.EMQX_NAME' \(hidden\) must be left out: it would override the setting 'name'/,
    ],
    [
      'a variable that is a setting given as such',
      { env: { EMQX_LOG__LEVEL: EnvValue.fromValue(text) }, emqxConfig: { 'log.level': 'debug' } },
      /^'env.EMQX_LOG__LEVEL' .* the setting 'log.level'/,
    ],
    [
      'a variable that moves a listener',
      { env: { EMQX_LISTENER__TCP__EXTERNAL: EnvValue.fromValue(text) } },
      /^'env.EMQX_LISTENER__TCP__EXTERNAL' .* the setting 'listener.tcp.external'/,
    ],
    [
      'a variable that moves the management API',
      { env: { EMQX_MANAGEMENT__LISTENER__HTTP: EnvValue.fromValue(text) } },
      /^'env.EMQX_MANAGEMENT__LISTENER__HTTP' .* the setting 'management.listener.http'/,
    ],
    [
      'a variable the operator sets',
      { env: { EMQX_LICENSE__FILE: EnvValue.fromValue(text) } },
      /^'env.EMQX_LICENSE__FILE' \(hidden\) must be left out: the operator sets it/,
    ],
    ['no size', { resources: { memoryLimit: 5 } }, /^'resources.memoryLimit' \(5\) must be a Size: /],
    ['half a byte', { resources: { memoryLimit: Size.kibibytes(0.0005) } }, /must be a whole number of bytes/],
    ['a part of a millicore', { resources: { cpuRequestMillis: 0.5 } }, /^'resources.cpuRequestMillis' \(0.5\) must/],
    [
      'more reserved than allowed, of memory',
      { resources: { memoryRequest: Size.gibibytes(2), memoryLimit: Size.mebibytes(1) } },
      /^'resources.memoryRequest' \("2Gi"\) must be at most the limit, 1Mi: /,
    ],
    [
      'more reserved than allowed, of processors',
      { resources: { cpuRequestMillis: 3, cpuLimitMillis: 2 } },
      /^'resources.cpuRequestMillis' \(3\) must be at most the limit, 2: /,
    ],
    ['a bad name', { imagePullSecrets: ['a', 'B'] }, /^'imagePullSecrets\[1\]' \("B"\) must be the name of an object/],
    ['an empty name', { serviceAccountName: '' }, /^'serviceAccountName' \(""\) must be the name of an object/],
    [
      "the name of the operator's container",
      { extraContainers: [{ name: 'reloader', image: 'i' }] },
      /^'extraContainers\[0\].name' \("reloader"\) must be a name no other container has: /,
    ],
    [
      'a name of two containers',
      { extraContainers: [{ name: 'a', image: 'i' }], initContainers: [{ name: 'a', image: 'i' }] },
      /^'initContainers\[0\].name' \("a"\) must be a name no other/,
    ],
    [
      "the name of the operator's volume",
      { volumes: [{ name: 'emqx-ee-data', emptyDir: {} }] },
      /^'volumes\[0\].name'/,
    ],
    [
      'the name of the volume with the license',
      { license: License.fromSecret('mine'), volumes },
      /^'volumes\[0\].name' \("mine"\) must be a name no other volume has/,
    ],
    [
      'the name of the volume with the certificate',
      { tls: { secretName: 'a' }, volumes: [{ name: 'emqx-tls', emptyDir: {} }] },
      /^'volumes\[0\].name' \("emqx-tls"\) must be/,
    ],
    [
      'a mount without a volume',
      { volumes, volumeMounts: [{ name: 'mien', mountPath: '/m' }] },
      /^'volumeMounts\[0\].name' \("mien"\) must be the name of one of the volumes: /,
    ],
    [
      'a mount without a volume, of another container',
      { initContainers: [{ name: 'a', volumeMounts: [{ name: 'mine', mountPath: '/m' }] }] },
      /^'initContainers\[0\].volumeMounts\[0\].name' \("mine"\) must be the name of one/,
    ],
    [
      'a container without a name',
      { extraContainers: [{}] },
      /^'extraContainers\[0\].name' \(missing\) must be text: /,
    ],
    ['a volume that is none', { volumes: 'v' }, /^'volumes' \("v"\) must be a list: /],
    ['a probe that is none', { probes: { liveness: 5 } }, /^'probes.liveness' \(5\) must be an object: /],
    ['an affinity that is none', { affinity: 'x' }, /^'affinity' \("x"\) must be an object: /],
    ['a label of no text', { nodeSelector: { pool: 5 } }, /^'nodeSelector.pool' \(5\) must be text: /],
    [
      'an unknown field of a probe, with what is meant',
      { probes: { liveness: { httpGett: { port: 8081 } } } },
      /^'probes.liveness.httpGett' .* did you mean 'httpGet'\?$/,
    ],
  ])('%s', (_what, props, message) => {
    const problems = problemsWith(props);
    expect(problems).toEqual([expect.stringMatching(message)]);
    expect(problems.join()).not.toContain(text);
  });
});

test('everything that is wrong is said at once, each under the name of its property', () => {
  const problems = problemsWith({
    version: 'latest',
    env: { A: 'b' },
    resources: { cpuLimitMillis: 0 },
    extraContainers: [{ name: 5 }],
    affinity: [],
  });
  expect(problems.map((problem) => /^'(.*?)'/.exec(problem)?.[1])).toEqual([
    'version',
    'env.A',
    'resources.cpuLimitMillis',
    'extraContainers[0].name',
    'affinity',
  ]);
});

test('volumes of the operator can be mounted by other containers', () => {
  const extraContainers = [{ name: 'logs', volumeMounts: [{ name: 'emqx-log', mountPath: '/opt/emqx/log' }] }];
  expect(podOf({ extraContainers }).extraContainers).toEqual(extraContainers);
});
