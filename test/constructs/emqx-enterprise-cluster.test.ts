import { inspect } from 'node:util';
import { App, Chart } from 'cdk8s';
import { EmqxEnterpriseCluster, License, MqttService } from '../../src';
import { withDefaults } from '../../src/resource';
import { blueGreenUpdate, clusterOf, type Manifest, ofKind, synth } from './_cluster';

test('the resolved values are those of the properties and of the defaults', () => {
  const chart = new Chart(new App(), 'chart');
  const cluster = new EmqxEnterpriseCluster(chart, 'Cluster', { name: 'emqx-ee', version: '4.4.14' });
  const { name, namespace, image, version, replicas, clusterDomain, serviceName, licenseSecretName } = cluster;
  expect({ name, namespace, image, version, replicas, clusterDomain, serviceName, licenseSecretName }).toEqual({
    name: 'emqx-ee',
    namespace: 'default',
    image: 'emqx/emqx-ee:4.4.14',
    version: '4.4.14',
    replicas: 3,
    clusterDomain: 'cluster.local',
    serviceName: 'emqx-ee-mqtt',
    licenseSecretName: undefined,
  });
});

test('the custom resource is complete, and what the properties say', () => {
  const resource = ofKind(
    synth({
      replicas: 5,
      image: { registry: 'r.example', suffix: '-alpine', pullPolicy: 'Always' },
      emqxConfig: { 'log.level': 'debug' },
      blueGreenUpdate: { ...blueGreenUpdate, hold: true },
    }),
    'EmqxEnterprise',
  );
  expect(withDefaults(resource as never)).toEqual(resource);
  expect(resource.spec).toMatchObject({
    replicas: 5,
    blueGreenUpdate: {
      initialDelaySeconds: 2_000_000_000,
      evacuationStrategy: { connEvictRate: 100, sessEvictRate: 50, waitTakeover: 30 },
    },
    template: {
      spec: {
        emqxContainer: {
          image: {
            registry: 'r.example',
            repository: 'emqx/emqx-ee',
            version: '4.4.14',
            suffix: '-alpine',
            pullPolicy: 'Always',
          },
          emqxConfig: { 'log.level': 'debug', name: 'emqx-ee' },
        },
      },
    },
  });
});

describe('without a hold', () => {
  beforeEach(() => void jest.spyOn(process, 'emitWarning').mockImplementation());
  afterEach(() => jest.restoreAllMocks());
  const { initialDelay: _, ...atOnce } = blueGreenUpdate;

  test.each([
    ['the delay is the one that is given', blueGreenUpdate, 60],
    ['and without a delay the first node is evacuated at once', atOnce, 0],
  ])('%s', (_what, update, initialDelaySeconds) => {
    const manifests = synth({ blueGreenUpdate: { ...update, hold: false } });
    expect(ofKind(manifests, 'EmqxEnterprise').spec).toMatchObject({ blueGreenUpdate: { initialDelaySeconds } });
    expect(ofKind(manifests, 'Service').metadata.annotations).toBeUndefined();
  });

  test('the cluster warns of what was measured, and with one it does not', () => {
    expect(clusterOf({ blueGreenUpdate: { ...blueGreenUpdate, hold: false } }).warnings).toEqual([
      expect.stringMatching(
        /^'blueGreenUpdate.hold' \(false\) lets .* kept 0 of 300 .* 1,856 to 2,026 devices .* leave it out, /,
      ),
    ]);
    expect(clusterOf({ blueGreenUpdate }).warnings).toEqual([]);
    expect(clusterOf({}).warnings).toEqual([
      expect.stringMatching(/^'blueGreenUpdate' \(missing\) lets the operator restart/),
    ]);
  });
});

test.each([
  ['NodePort', MqttService.nodePort({ mqtt: 32010 }), {}],
  ['LoadBalancer', MqttService.loadBalancer({ annotations: { cloud: 'nlb' } }), { cloud: 'nlb' }],
  ['ClusterIP', undefined, {}],
])(
  'a hold is the default, and takes the place of the delay, which the traffic Service (%s) keeps',
  (_type, service, others) => {
    const manifests = synth({ blueGreenUpdate, ...(service && { service }) });
    expect(ofKind(manifests, 'EmqxEnterprise').spec).toMatchObject({
      blueGreenUpdate: { initialDelaySeconds: 2_000_000_000 },
    });
    expect(ofKind(manifests, 'EmqxEnterprise').metadata.annotations).toBeUndefined();
    expect(ofKind(manifests, 'Service').metadata.annotations).toEqual({
      ...others,
      'emqx-blue-green/initial-delay-seconds': '60',
    });
  },
);

test('the namespace is that of the properties, of the chart, or "default", for every object', () => {
  const namespaces = (manifests: Manifest[]) => [...new Set(manifests.map(({ metadata }) => metadata.namespace))];
  const license = License.inline('text');
  expect(namespaces(synth({ license }))).toEqual(['default']);
  expect(namespaces(synth({ license }, { namespace: 'of-chart' }))).toEqual(['of-chart']);
  expect(namespaces(synth({ license, namespace: 'own' }, { namespace: 'of-chart' }))).toEqual(['own']);
});

test('labels of the chart stay off the custom resource, where a change of them would cost the nodes', () => {
  const manifests = synth({}, { labels: { team: 'iot' } });
  expect(ofKind(manifests, 'EmqxEnterprise').metadata.labels).toEqual({
    'apps.emqx.io/instance': 'emqx-ee',
    'apps.emqx.io/managed-by': 'emqx-operator',
  });
  expect(JSON.stringify(ofKind(manifests, 'EmqxEnterprise'))).not.toContain('team');
  expect(ofKind(manifests, 'Service').metadata.labels).toEqual({
    team: 'iot',
    'emqx-blue-green/traffic-for': 'emqx-ee',
  });
});

describe('a license', () => {
  test('as text is a Secret of its own, and is printed nowhere else', () => {
    const license = License.inline('-----BEGIN-----');
    const manifests = synth({ license });
    expect(ofKind(manifests, 'Secret')).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'emqx-ee-license', namespace: 'default' },
      stringData: { 'emqx.lic': '-----BEGIN-----' },
    });
    expect(ofKind(manifests, 'EmqxEnterprise').spec).toMatchObject({ license: { secretName: 'emqx-ee-license' } });
    expect(JSON.stringify(license) + inspect(license, { showHidden: true })).not.toContain('BEGIN');
  });

  test('of a Secret that is there is only named', () => {
    const manifests = synth({ license: License.fromSecret('mine') });
    expect(manifests.map(({ kind }) => kind)).toEqual(['EmqxEnterprise', 'Service']);
    expect(ofKind(manifests, 'EmqxEnterprise').spec).toMatchObject({ license: { secretName: 'mine' } });
  });

  test.each([[License.inline(' ')], [License.fromSecret('')], [License.inline(undefined as never)]])(
    'that is empty is refused (%#)',
    (license) => {
      expect(() => synth({ license })).toThrow(/'license' \((hidden|missing)\) must be some text: /);
    },
  );
});

describe('the traffic Service', () => {
  const tls = { secretName: 'certificate' };
  const service = (mqtt?: MqttService) => ofKind(synth(mqtt ? { service: mqtt, tls } : {}), 'Service');
  const port = (name: string, number: number) => ({ name, port: number, targetPort: number, protocol: 'TCP' });

  test('leads to all pods of the cluster, and is labelled with its name', () => {
    expect(service(MqttService.nodePort({ mqtt: 32010, mqtts: 'auto' }))).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'emqx-ee-mqtt', namespace: 'default', labels: { 'emqx-blue-green/traffic-for': 'emqx-ee' } },
      spec: {
        type: 'NodePort',
        selector: { 'apps.emqx.io/instance': 'emqx-ee', 'apps.emqx.io/managed-by': 'emqx-operator' },
        ports: [{ ...port('mqtt', 1883), nodePort: 32010 }, port('mqtts', 8883)],
      },
    });
  });

  test('is reached from inside of Kubernetes by default', () => {
    expect(service().spec).toMatchObject({ type: 'ClusterIP', ports: [port('mqtt', 1883)] });
  });

  test('of node ports has those that are asked for, chosen or not', () => {
    expect(service(MqttService.nodePort({ wss: 32767, mqtts: 'auto', mqtt: 30000 })).spec).toMatchObject({
      ports: [
        { ...port('mqtt', 1883), nodePort: 30000 },
        port('mqtts', 8883),
        { ...port('wss', 8084), nodePort: 32767 },
      ],
    });
  });

  test('of a load balancer has the listeners and annotations that are asked for', () => {
    const manifest = service(MqttService.loadBalancer({ listeners: ['wss', 'mqtt'], annotations: { a: 'b' } }));
    expect(manifest.metadata.annotations).toEqual({ a: 'b' });
    expect(manifest.spec).toMatchObject({ type: 'LoadBalancer', ports: [port('wss', 8084), port('mqtt', 1883)] });
    expect(ofKind(synth({ service: MqttService.loadBalancer() }), 'Service').spec).toMatchObject({
      ports: [port('mqtt', 1883)],
    });
  });
});

describe('what a compiler would refuse is refused at run time', () => {
  test.each<[string, unknown, RegExp]>([
    ['service', {}, /'service' \(an object\) must be an MqttService: /],
    [
      'service',
      MqttService.loadBalancer({ mqtts: 32010 } as never),
      /'service.mqtts' \(32010\) must be left out: .*LoadB/,
    ],
    [
      'service',
      MqttService.clusterIp({ mqtt: 'auto' } as never),
      /'service.mqtt' \("auto"\) must be left out: .*Cluste/,
    ],
    [
      'service',
      MqttService.loadBalancer({ listener: ['ws'] } as never),
      /'service.listener' .* did you mean 'listeners'\?/,
    ],
    [
      'service',
      MqttService.loadBalancer({ listeners: [] }),
      /'service.listeners' \(missing\) must be a list of one or more of mqtt/,
    ],
    [
      'service',
      MqttService.loadBalancer({ listeners: ['ws', 'ws'] }),
      /'service.listeners' \("ws, ws"\) must be .* each once/,
    ],
    ['service', MqttService.loadBalancer({ listeners: 'ws' } as never), /'service.listeners' \("ws"\) must be/],
    [
      'service',
      MqttService.loadBalancer({ listeners: ['dashboard'] } as never),
      /'service.listeners' \("dashboard"\) must/,
    ],
    [
      'service',
      MqttService.nodePort({ dashboard: 32010 } as never),
      /'service.dashboard' \(32010\) must be a known field/,
    ],
    ['service', MqttService.nodePort({ mqtt: '32010' } as never), /'service.mqtt' \("32010"\) must be a whole number/],
    ['license', { text: 'a', secretName: 'b' }, /'license' \(hidden\) must be one License: .*not both/],
    ['license', 'text', /'license' \(hidden\) must be one License/],
    ['version', 4.4, /'version' \(4.4\) must be a version/],
    ['name', undefined, /'name' \(missing\) must be a DNS label/],
    [
      'blueGreenUpdate',
      {},
      /connectionEvictionRate' \(missing\) must be .*\n.*sessionEv.*\n.*waitTakeover' \(missing\)/,
    ],
    ['blueGreenUpdate', { ...blueGreenUpdate, hold: 'no' }, /'blueGreenUpdate.hold' \("no"\) must be true or false/],
    ['blueGreenUpdate', { ...blueGreenUpdate, initialDelay: '5s' }, /initialDelay' \("5s"\) must be a Duration/],
    ['emqxConfig', { 'auth.redis.password': 123456 }, /emqxConfig\["auth.redis.password"\]' \(hidden\) must be text/],
  ])('%s (%#)', (property, value, message) => {
    expect(() => synth({ [property]: value } as never)).toThrow(message);
  });
});
