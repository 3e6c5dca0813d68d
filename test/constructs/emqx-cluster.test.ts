import { inspect } from 'node:util';
import Ajv from 'ajv';
import { Size } from 'cdk8s';
import { ApiKey, type EmqxClusterProps, EnvValue, License, MqttService } from '../../src';
import { parseEmqx, withEmqxDefaults } from '../../src/resource';
import { emqxDefinition } from '../../src/resource/crd';
import { blueGreenUpdate, ofKind } from './_cluster';
import { emqxOf, problemsWithEmqx, renderedEmqx, synthEmqx } from './_emqx';

const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(
  emqxDefinition().spec.versions[0]!.schema.openAPIV3Schema,
);

/** Everything at once. */
const FULL: EmqxClusterProps = {
  name: 'emqx',
  namespace: 'messaging',
  version: '5.10.1',
  image: { registry: 'r.example:5000', repository: 'mirror/emqx-enterprise', suffix: '-elixir', pullPolicy: 'Always' },
  blueGreenUpdate,
  cores: {
    replicas: 3,
    persistence: { size: Size.gibibytes(10), storageClass: 'gp3' },
    resources: { cpuRequestMillis: 500, memoryLimit: Size.gibibytes(1) },
    podDisruptionBudget: { maxUnavailable: 2 },
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' },
    ],
  },
  replicants: {
    replicas: 4,
    env: { TZ: EnvValue.fromValue('UTC'), EMQX_AUTHENTICATION__1__PASSWORD: EnvValue.fromSecret('redis', 'password') },
    envFrom: [{ configMapRef: { name: 'more' } }],
    podLabels: { team: 'iot' },
    podAnnotations: { 'example.com/scrape': 'yes' },
    command: ['/start'],
    args: ['-v'],
    lifecycle: { preStop: { exec: { command: ['sleep', '5'] } } },
    extraPorts: [{ name: 'exproto', containerPort: 7993 }],
    probes: { startup: { httpGet: { path: '/status', port: 'dashboard' } } },
    nodeSelector: { pool: 'mqtt' },
    nodeName: 'worker-1',
    affinity: {},
    tolerations: [{ key: 'pool', operator: 'Exists' }],
    volumes: [{ name: 'plugins', configMap: { name: 'plugins' } }],
    volumeMounts: [{ name: 'plugins', mountPath: '/mounted/plugins' }],
    extraContainers: [{ name: 'shipper', image: 'fluent-bit:3', resources: { limits: { cpu: '0.5' } } }],
    initContainers: [{ name: 'wait', image: 'busybox:1' }],
    podSecurityContext: { runAsUser: 1001 },
    containerSecurityContext: { runAsUser: 1001 },
  },
  config: { 'log.console.level': 'info', mqtt: { max_packet_size: '2MB', retry_interval: '30s' } },
  configMode: 'Replace',
  license: License.fromSecret('license'),
  service: MqttService.loadBalancer({ listeners: ['mqtts', 'wss'], annotations: { cloud: 'nlb' } }),
  tls: { secretName: 'certificate' },
  dashboard: { port: 18_090, service: 'NodePort', nodePort: 32_011 },
  apiKeys: [ApiKey.of('dash-board', 'secret'), ApiKey.fromSecret('api-key')],
  revisionHistoryLimit: 1,
  networkPolicy: { dashboardNamespaces: ['monitoring'] },
  serviceAccountName: 'emqx',
  imagePullSecrets: ['registry'],
};

beforeEach(() => void jest.spyOn(process, 'emitWarning').mockImplementation());
afterEach(() => jest.restoreAllMocks());

test('the resolved values are those of the properties and of the defaults', () => {
  const { name, namespace, image, version, cores, replicants, clusterDomain, serviceName, licenseSecretName } = emqxOf(
    {},
  );
  const { dashboardPort, dashboardServiceName } = emqxOf({});
  expect({ name, namespace, image, version, cores, replicants, clusterDomain, serviceName, licenseSecretName }).toEqual(
    {
      ...{ name: 'emqx', namespace: 'default', image: 'emqx/emqx-enterprise:5.8.9', version: '5.8.9' },
      ...{
        cores: 2,
        replicants: 0,
        clusterDomain: 'cluster.local',
        serviceName: 'emqx-mqtt',
        licenseSecretName: undefined,
      },
    },
  );
  expect([dashboardPort, dashboardServiceName]).toEqual([18_083, 'emqx-dashboard']);
  const full = emqxOf(FULL);
  expect([full.cores, full.replicants, full.dashboardPort, full.image]).toEqual([
    ...[3, 4, 18_090, 'r.example:5000/mirror/emqx-enterprise:5.10.1-elixir'],
  ]);
});

test.each<[string, Partial<EmqxClusterProps>]>([
  ['cores alone', {}],
  ['cores and replicants', { replicants: {} }],
  ['the Service of the operator', { exposure: 'operator', service: MqttService.nodePort({ mqtt: 32_010 }) }],
  ['a configuration as text', { config: 'log.console.level = debug' }],
  ['everything at once', FULL],
])('the custom resource of %s is complete, sound, and what its definition takes', (_what, props) => {
  const resource = renderedEmqx(props);
  expect(parseEmqx(resource)).toBe(resource);
  expect(withEmqxDefaults(resource)).toEqual(resource);
  expect([validate(resource), validate.errors]).toEqual([true, null]);
});

test('each property is where the custom resource keeps it', () => {
  const { spec } = renderedEmqx(FULL);
  expect(spec).toMatchObject({
    image: 'r.example:5000/mirror/emqx-enterprise:5.10.1-elixir',
    imagePullPolicy: 'Always',
    imagePullSecrets: [{ name: 'registry' }],
    serviceAccountName: 'emqx',
    revisionHistoryLimit: 1,
    clusterDomain: 'cluster.local',
    config: { mode: 'Replace' },
    updateStrategy: {
      type: 'Recreate',
      initialDelaySeconds: 2_000_000_000,
      evacuationStrategy: { connEvictRate: 100, sessEvictRate: 50, waitTakeover: 30 },
    },
    bootstrapAPIKeys: [
      { key: 'dash-board', secret: 'secret' },
      {
        secretRef: {
          key: { secretName: 'api-key', secretKey: 'key' },
          secret: { secretName: 'api-key', secretKey: 'secret' },
        },
      },
    ],
    dashboardServiceTemplate: {
      enabled: true,
      spec: { type: 'NodePort', ports: [{ name: 'dashboard', port: 18_090, nodePort: 32_011 }] },
    },
    listenersServiceTemplate: { enabled: false },
  });
  expect(spec.coreTemplate!.spec).toMatchObject({
    replicas: 3,
    maxUnavailable: 2,
    resources: { requests: { cpu: '500m' }, limits: { memory: '1Gi' } },
    volumeClaimTemplates: { storageClassName: 'gp3', resources: { requests: { storage: '10Gi' } } },
    topologySpreadConstraints: [{ maxSkew: 1 }],
  });
  expect(spec.replicantTemplate).toMatchObject({
    metadata: { labels: { team: 'iot' }, annotations: { 'example.com/scrape': 'yes' } },
    spec: {
      replicas: 4,
      maxUnavailable: 1,
      env: [
        { name: 'TZ', value: 'UTC' },
        { name: 'EMQX_AUTHENTICATION__1__PASSWORD' },
        { name: 'EMQX_LICENSE__KEY', valueFrom: { secretKeyRef: { name: 'license', key: 'emqx.lic' } } },
      ],
      envFrom: [{ configMapRef: { name: 'more' } }],
      command: ['/start'],
      args: ['-v'],
      ports: [{ name: 'exproto', containerPort: 7993, protocol: 'TCP' }],
      livenessProbe: { httpGet: { path: '/status', port: 'dashboard' } },
      startupProbe: { httpGet: { path: '/status', port: 'dashboard' } },
      nodeSelector: { pool: 'mqtt' },
      nodeName: 'worker-1',
      tolerations: [{ key: 'pool', operator: 'Exists' }],
      extraVolumes: [{ name: 'plugins' }, { name: 'emqx-tls', secret: { secretName: 'certificate' } }],
      extraVolumeMounts: [{ name: 'plugins' }, { name: 'emqx-tls', mountPath: '/mounted/cert', readOnly: true }],
      extraContainers: [{ name: 'shipper', resources: { limits: { cpu: '500m' } } }],
      initContainers: [{ name: 'wait' }],
      podSecurityContext: { runAsUser: 1001 },
      containerSecurityContext: { runAsUser: 1001 },
    },
  });
});

test('the configuration is an object or text, and what other properties set comes last', () => {
  const own = [
    'listeners.ssl.default.ssl_options.certfile = "/mounted/cert/tls.crt"',
    'dashboard.listeners.http.bind = 18090',
  ];
  for (const config of [{ mqtt: { max_packet_size: '2MB' } }, 'mqtt {\n  max_packet_size = "2MB"\n}\n']) {
    const { data } = renderedEmqx({ config, tls: { secretName: 's' }, dashboard: { port: 18_090 } }).spec.config!;
    expect(data!.startsWith('mqtt {\n  max_packet_size = "2MB"\n}\nlisteners.')).toBe(true);
    for (const line of own) expect(data!.split('\n')).toContain(line);
  }
  expect(renderedEmqx().spec.config).toBeUndefined();
});

describe('the traffic Service', () => {
  test.each([
    ['cores', {}, 'core'],
    ['replicants, where there are any', { replicants: {} }, 'replicant'],
    ['cores, where the number of replicants is 0', { replicants: { replicas: 0 } }, 'core'],
  ])('leads to %s, and keeps the delay of a held cluster', (_what, props, role) => {
    expect(ofKind(synthEmqx(props), 'Service')).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'emqx-mqtt',
        namespace: 'default',
        labels: { 'emqx-blue-green/traffic-for': 'emqx' },
        annotations: { 'emqx-blue-green/initial-delay-seconds': '60' },
      },
      spec: {
        type: 'ClusterIP',
        selector: {
          'apps.emqx.io/instance': 'emqx',
          'apps.emqx.io/managed-by': 'emqx-operator',
          'apps.emqx.io/db-role': role,
        },
        ports: [{ name: 'mqtt', port: 1883, targetPort: 1883, protocol: 'TCP' }],
      },
    });
  });

  test('follows a listener that is bound to another port', () => {
    const config = { listeners: { tcp: { default: { bind: '0.0.0.0:11883' } } } };
    expect(ofKind(synthEmqx({ config }), 'Service').spec).toMatchObject({
      ports: [{ port: 11_883, targetPort: 11_883 }],
    });
  });

  test('may be that of the operator', () => {
    const service = MqttService.loadBalancer({ annotations: { cloud: 'nlb' } });
    const manifests = synthEmqx({ exposure: 'operator', service });
    expect(manifests.map(({ kind }) => kind)).toEqual(['EMQX']);
    expect(ofKind(manifests, 'EMQX').spec).toMatchObject({
      listenersServiceTemplate: {
        enabled: true,
        metadata: { annotations: { cloud: 'nlb', 'emqx-blue-green/initial-delay-seconds': '60' } },
        spec: { type: 'LoadBalancer', ports: [{ name: 'mqtt', port: 1883 }] },
      },
    });
  });
});

test('a license as text is a Secret of its own, and is printed nowhere else', () => {
  const license = License.inline('do-not-print-me\n');
  const manifests = synthEmqx({ license });
  expect(ofKind(manifests, 'Secret')).toMatchObject({
    metadata: { name: 'emqx-license' },
    stringData: { 'emqx.lic': 'do-not-print-me' },
  });
  const others = manifests.filter(({ kind }) => kind !== 'Secret');
  expect(JSON.stringify(others) + inspect(license, { showHidden: true })).not.toContain('do-not-print-me');
});

test('a NetworkPolicy lets the operator reach the dashboard where it is', () => {
  const policy = ofKind(synthEmqx(FULL), 'NetworkPolicy').spec as { ingress: { ports?: { port: number }[] }[] };
  expect(policy.ingress.map(({ ports }) => ports?.map(({ port }) => port))).toEqual([
    undefined,
    [8883, 8084],
    [18_090],
    [18_090],
  ]);
});

test.each<[string, Partial<EmqxClusterProps>, RegExp[]]>([
  ['nothing', {}, []],
  [
    'a hold that is off',
    { blueGreenUpdate: { ...blueGreenUpdate, hold: false } },
    [/^'blueGreenUpdate.hold' \(false\)/],
  ],
  ['a version with a license for one node', { version: '5.9.0' }, [/^'license' \(missing\)/]],
  ['none with a license', { version: '6.2.0', license: License.fromSecret('l') }, []],
  ['nor with one in the configuration', { version: '6.2.0', config: { license: { key: 'x' } } }, []],
  ['nor in a variable', { version: '6.2.0', cores: { env: { EMQX_LICENSE__KEY: EnvValue.fromSecret('l', 'k') } } }, []],
  ['the Service of the operator', { exposure: 'operator' }, [/old and new nodes alike while new ones come up, so/]],
  ['the same with replicants', { exposure: 'operator', replicants: {} }, [/and to cores while no replicant is ready/]],
  ['a public key', { service: MqttService.clusterIp({ listeners: ['mqtts'] }) }, [/^'service' publishes mqtts/]],
  [
    'an unused certificate',
    { tls: { secretName: 's' }, service: MqttService.clusterIp() },
    [/^'tls' is used by no listener/],
  ],
])('it warns of %s', (_what, props, warnings) => {
  expect(emqxOf(props).warnings).toEqual(warnings.map((warning) => expect.stringMatching(warning) as string));
});

const SECRET = 'do-not-print-me';

test.each<[string, object, string[]]>([
  ['rates', { blueGreenUpdate: undefined }, [`'blueGreenUpdate' (missing) must be given`]],
  [
    'a rate of 0',
    { blueGreenUpdate: { evacuationStrategy: { ...blueGreenUpdate.evacuationStrategy, connectionEvictionRate: 0 } } },
    [`'blueGreenUpdate.evacuationStrategy.connectionEvictionRate' (0) must be a whole number of at least 1`],
  ],
  [
    'a cluster domain',
    { clusterDomain: 'example.com' },
    [`'clusterDomain' ("example.com") must be left out, or cluster.local`],
  ],
  ['eleven cores', { cores: { replicas: 11 } }, [`'cores.replicas' (11) must be a whole number from 1 to 10`]],
  ['no core', { cores: { replicas: 0 } }, [`'cores.replicas' (0) must be a whole number from 1 to 10`]],
  [
    'a negative number',
    { replicants: { replicas: -1 } },
    [`'replicants.replicas' (-1) must be a whole number of at least 0`],
  ],
  ['EMQX 4.4', { version: '4.4.14' }, [`'version' ("4.4.14") must be a version from 5.1.1 on`]],
  ['an old EMQX 5', { version: '5.1.0' }, [`'version' ("5.1.0") must be a version from 5.1.1 on`]],
  ['a version that moves', { version: 'latest' }, [`'version' ("latest") must be a version from 5.1.1 on`]],
  [
    'the open-source EMQX',
    { image: { repository: 'emqx/emqx' } },
    [`'image' ("emqx/emqx:5.8.9") must be an image of EMQX Enterprise from 5.1.1 on`],
  ],
  ['a long name', { name: 'a'.repeat(37) }, [`'name' ("${'a'.repeat(37)}") must be a DNS label of 1 to 36 characters`]],
  [
    'an unreadable configuration',
    { config: 'a = 0.0.0.0:1883' },
    [`'config' (hidden) must be HOCON that the operator can read`],
  ],
  [
    'no dashboard',
    { config: { dashboard: { listeners: { http: { bind: 0 } } } } },
    [`'config' (hidden) must be a configuration that`],
  ],
  [
    'a value without a form',
    { config: { a: { b: [1, () => SECRET] } } },
    [`'config.a.b[1]' ("function") must be text, a finite`],
  ],
  ['a number without an end', { config: { a: Infinity } }, [`'config.a' (Infinity) must be text, a finite number`]],
  ['a configuration of a kind', { config: 7 }, [`'config' (7) must be an object, or HOCON text`]],
  ['an unknown mode', { configMode: 'merge' }, [`'configMode' ("merge") must be "Merge" or "Replace"`]],
  [
    'a listener that is off',
    { config: { 'listeners.tcp.default.enable': false } },
    [`'service' ("mqtt") must be of listeners that are on`],
  ],
  [
    'a listener on the port of another',
    { config: { 'listeners.tcp.default.bind': 18_083 } },
    [`'service' ("mqtt: 18083") must be a port that no other listener has`],
  ],
  [
    'a certificate twice',
    { tls: { secretName: 's' }, config: { listeners: { ssl: { default: { ssl_options: { certfile: SECRET } } } } } },
    [`'config["listeners.ssl.default.ssl_options.certfile"]' (hidden) must be left out with tls`],
  ],
  [
    'a license twice',
    { license: License.inline(SECRET), config: { license: { key: SECRET } } },
    [`'license' (hidden) must be left out where config sets it`],
  ],
  [
    'a dashboard twice',
    { dashboard: { port: 18_090 }, config: 'dashboard.listeners.http.bind = 18090' },
    [`'dashboard.port' (18090) must be left out where config sets it`],
  ],
  ['no port', { dashboard: { port: 0 } }, [`'dashboard.port' (0) must be a whole number from 1 to 65535`]],
  ['a node port of no Service', { dashboard: { nodePort: 32_000 } }, [`'dashboard.nodePort' (32000) must be left out`]],
  [
    'a type of Service',
    { dashboard: { service: 'External' } },
    [`'dashboard.service' ("External") must be "ClusterIP"`],
  ],
  [
    'a name of a node',
    { cores: { env: { EMQX_NODE__NAME: EnvValue.fromValue(SECRET) } } },
    [`'cores.env.EMQX_NODE__NAME' (hidden) must be left out: the operator looks for each node`],
  ],
  [
    'a variable of the operator',
    { replicants: { env: { EMQX_NODE__COOKIE: EnvValue.fromValue(SECRET) } } },
    [`'replicants.env.EMQX_NODE__COOKIE' (hidden) must be left out: the operator sets it`],
  ],
  ['a bare value', { cores: { env: { A: SECRET } } }, [`'cores.env.A' (hidden) must be an EnvValue`]],
  [
    'a volume of the operator',
    { cores: { volumes: [{ name: 'emqx-core-data' }] } },
    [`'cores.volumes[0].name' ("emqx-core-data")`],
  ],
  [
    'a mount of nothing',
    { cores: { volumeMounts: [{ name: 'x', mountPath: '/x' }] } },
    [`'cores.volumeMounts[0].name' ("x")`],
  ],
  [
    'a container twice',
    { replicants: { initContainers: [{ name: 'emqx' }] } },
    [`'replicants.initContainers[0].name' ("emqx")`],
  ],
  [
    'a declared port',
    { cores: { extraPorts: [{ name: 'x', containerPort: 18_083 }] } },
    [`'cores.extraPorts[0].containerPort' (18083)`],
  ],
  [
    'a label of the operator',
    { cores: { podLabels: { 'apps.emqx.io/db-role': 'x' } } },
    [`'cores.podLabels["apps.emqx.io/db-role"]' (hidden)`],
  ],
  [
    'volumes of replicants',
    { replicants: { persistence: {} } },
    [`'replicants.persistence' (an object) must be a known field`],
  ],
  [
    'a budget of 0',
    { cores: { podDisruptionBudget: { maxUnavailable: 0 } } },
    [`'cores.podDisruptionBudget.maxUnavailable' (0)`],
  ],
  ['a probe', { cores: { probes: { liveness: { httpGet: {} } } } }, [`'cores.probes.liveness.httpGet.port' (missing)`]],
  ['a toleration', { replicants: { tolerations: [{ keys: 'x' }] } }, [`'replicants.tolerations[0].keys'`]],
  ['an unknown option', { cores: { replica: 3 } }, [`'cores.replica' (3) must be a known field`]],
  [
    'an API key',
    { apiKeys: [ApiKey.of('emqx-operator-controller', 'abc')] },
    [`'apiKeys[0].key' (hidden) must be given once`],
  ],
  ['an unnamed Secret', { apiKeys: [ApiKey.fromSecret('')] }, [`'apiKeys[0]' ("") must be the name of an object`]],
  ['a history', { revisionHistoryLimit: -1 }, [`'revisionHistoryLimit' (-1) must be a whole number of at least 0`]],
  ['a pull policy', { image: { pullPolicy: 'never' } }, [`'image.pullPolicy' ("never") must be "Always", "Never" or`]],
  ['a property of the other generation', { emqxConfig: {} }, [`'emqxConfig' (an object) must be a known field`]],
])('%s: refused under its own name', (_what, props, expected) => {
  const problems = problemsWithEmqx(props);
  expect(problems.map((problem, index) => problem.slice(0, expected[index]?.length))).toEqual(expected);
  expect(problems.join('\n')).not.toContain(SECRET);
});
