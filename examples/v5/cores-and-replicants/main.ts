import { App, Chart, Duration, Size } from 'cdk8s';
import { ApiKey, EmqxCluster, EnvValue, License, MqttService, type NodeGroup } from 'emqx-blue-green';

// EMQX 6 for production: three cores hold the data, six replicants the connections. An upgrade replaces the replicants first.
const reserved: NodeGroup = {
  nodeSelector: { 'node.example.com/pool': 'mqtt' },
  tolerations: [{ key: 'node.example.com/pool', operator: 'Equal', value: 'mqtt', effect: 'NoSchedule' }],
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'topology.kubernetes.io/zone',
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: { 'apps.emqx.io/instance': 'vehicles' } },
    },
  ],
};

const app = new App();
new EmqxCluster(new Chart(app, 'vehicles', { namespace: 'messaging' }), 'Cluster', {
  name: 'vehicles',
  version: '6.2.0',
  // From 5.9 on a second node needs a license.
  license: License.fromSecret('emqx-license'),
  blueGreenUpdate: {
    initialDelay: Duration.minutes(1),
    evacuationStrategy: {
      connectionEvictionRate: 500,
      sessionEvictionRate: 500,
      waitTakeover: Duration.minutes(1),
    },
  },
  cores: {
    ...reserved,
    replicas: 3,
    persistence: { size: Size.gibibytes(20), storageClass: 'gp3' },
    resources: { cpuRequestMillis: 2000, memoryRequest: Size.gibibytes(4), memoryLimit: Size.gibibytes(6) },
  },
  replicants: {
    ...reserved,
    replicas: 6,
    resources: { cpuRequestMillis: 4000, memoryRequest: Size.gibibytes(8), memoryLimit: Size.gibibytes(12) },
    env: { VEHICLES_REGION: EnvValue.fromConfigMap('vehicles', 'region') },
    podDisruptionBudget: { maxUnavailable: 2 },
  },
  tls: { secretName: 'vehicles-tls' },
  service: MqttService.loadBalancer({
    listeners: ['mqtts', 'wss'],
    annotations: { 'service.beta.kubernetes.io/aws-load-balancer-scheme': 'internet-facing' },
    loadBalancerClass: 'service.k8s.aws/nlb',
    externalTrafficPolicy: 'Local',
  }),
  config: {
    mqtt: { max_packet_size: '2MB', max_inflight: 64 },
    'listeners.ssl.default.max_connections': 500_000,
    'listeners.ssl.default.ssl_options': {
      verify: 'verify_peer',
      fail_if_no_peer_cert: true,
      cacertfile: '/mounted/cert/ca.crt',
    },
    'listeners.tcp.default.enable': false,
    'log.console.level': 'warning',
  },
  apiKeys: [ApiKey.fromSecret('vehicles-api-key')],
  networkPolicy: { dashboardNamespaces: ['monitoring'] },
});
app.synth();
