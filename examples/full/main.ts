import { App, Chart, Duration, Size } from 'cdk8s';
import { EmqxEnterpriseCluster, EnvValue, License, MqttService } from 'emqx-blue-green';

// A cluster for production: reserved machines, TLS, volumes, probes, a load balancer that only the fleet's networks reach.
const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'fleet', { namespace: 'messaging' }), 'Cluster', {
  name: 'fleet',
  version: '4.4.19',
  image: { registry: 'registry.example.com', repository: 'mirror/emqx-ee' },
  reloaderImage: 'registry.example.com/mirror/emqx-operator-reloader:0.0.2',
  imagePullSecrets: ['registry-credentials'],
  replicas: 5,
  license: License.fromSecret('emqx-license'),
  blueGreenUpdate: {
    initialDelay: Duration.minutes(1),
    evacuationStrategy: {
      connectionEvictionRate: 500,
      sessionEvictionRate: 500,
      waitTakeover: Duration.minutes(1),
    },
  },

  // How devices come in, and what they may do.
  tls: { secretName: 'fleet-tls' },
  service: MqttService.loadBalancer({
    listeners: ['mqtts', 'wss'],
    annotations: { 'service.beta.kubernetes.io/aws-load-balancer-scheme': 'internet-facing' },
    loadBalancerClass: 'service.k8s.aws/nlb',
    loadBalancerSourceRanges: ['198.51.100.0/24', '203.0.113.0/24'],
    externalTrafficPolicy: 'Local',
  }),
  networkPolicy: {
    devices: ['198.51.100.0/24', '203.0.113.0/24', '10.0.0.0/8'],
    dashboardNamespaces: ['monitoring'],
  },
  acl: [
    '{allow, {user, "dashboard"}, subscribe, ["$SYS/#"]}.',
    '{allow, all, pubsub, ["fleet/%c/#"]}.',
    '{deny, all}.',
  ],
  emqxConfig: {
    'mqtt.max_packet_size': '2MB',
    'listener.ssl.external.max_connections': '500000',
    'listener.ssl.external.verify': 'verify_peer',
    'listener.ssl.external.fail_if_no_peer_cert': 'true',
    'listener.ssl.external.cacertfile': '/mounted/cert/ca.crt',
  },
  env: {
    TZ: EnvValue.fromValue('UTC'),
    EMQX_AUTH__REDIS__PASSWORD: EnvValue.fromSecret('fleet-redis', 'password'),
    FLEET_REGION: EnvValue.fromConfigMap('fleet', 'region'),
  },

  // Where the nodes run, and on what.
  podDisruptionBudget: { maxUnavailable: 1 },
  persistence: { size: Size.gibibytes(20), storageClass: 'gp3' },
  resources: {
    cpuRequestMillis: 4000,
    memoryRequest: Size.gibibytes(8),
    memoryLimit: Size.gibibytes(12),
  },
  probes: {
    startup: { httpGet: { path: '/status', port: 8081 }, periodSeconds: 5, failureThreshold: 60 },
    liveness: { httpGet: { path: '/status', port: 8081 }, periodSeconds: 30, failureThreshold: 3 },
  },
  nodeSelector: { 'node.example.com/pool': 'mqtt' },
  tolerations: [{ key: 'node.example.com/pool', operator: 'Equal', value: 'mqtt', effect: 'NoSchedule' }],
  affinity: {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        {
          weight: 100,
          podAffinityTerm: {
            topologyKey: 'topology.kubernetes.io/zone',
            labelSelector: { matchLabels: { 'apps.emqx.io/instance': 'fleet' } },
          },
        },
      ],
    },
  },
  serviceAccountName: 'emqx',
  initContainers: [
    {
      name: 'wait-for-redis',
      image: 'busybox:1.36',
      command: ['sh', '-c', 'until nc -z fleet-redis 6379; do sleep 1; done'],
    },
  ],
  extraContainers: [
    {
      name: 'log-shipper',
      image: 'fluent/fluent-bit:3.1.9',
      ports: [{ name: 'shipper', containerPort: 2020 }],
      volumeMounts: [{ name: 'emqx-log', mountPath: '/opt/emqx/log', readOnly: true }],
      resources: { limits: { cpu: '0.1', memory: '64Mi' } },
    },
  ],
  volumes: [{ name: 'plugins', configMap: { name: 'fleet-plugins' } }],
  volumeMounts: [{ name: 'plugins', mountPath: '/mounted/fleet', readOnly: true }],
  containerSecurityContext: {
    runAsUser: 1000,
    runAsGroup: 1000,
    runAsNonRoot: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
  },
});
app.synth();
