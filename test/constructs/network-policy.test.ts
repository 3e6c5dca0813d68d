import { MqttService } from '../../src';
import { Findings } from '../../src/constructs/_findings';
import { checkNetworkPolicy, type NetworkPolicyOptions, networkPolicyOf } from '../../src/constructs/network-policy';

import { ofKind, problemsWith, synth } from './_cluster';

const cluster = { name: 'emqx-ee', namespace: 'messaging', listeners: [1883, 8084] as const };
const pods = { matchLabels: { 'apps.emqx.io/instance': 'emqx-ee', 'apps.emqx.io/managed-by': 'emqx-operator' } };
const tcp = (...ports: number[]) => ports.map((port) => ({ port, protocol: 'TCP' }));
const from = (name: string) => ({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } });

function messages(options: NetworkPolicyOptions): string[] {
  const findings = new Findings();
  checkNetworkPolicy(findings, 'networkPolicy', options);
  return findings.messages();
}

test('devices, the other nodes and the operator get in, and nobody else', () => {
  expect(networkPolicyOf(cluster, {})).toEqual({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'emqx-ee', namespace: 'messaging' },
    spec: {
      podSelector: pods,
      policyTypes: ['Ingress'],
      ingress: [
        { from: [{ podSelector: pods }] },
        { ports: tcp(1883, 8084) },
        { from: [from('emqx-operator-system')], ports: tcp(8081) },
      ],
    },
  });
});

test('what is asked for narrows the devices, moves the operator, and lets Prometheus in', () => {
  const options = {
    devices: ['10.0.0.0/8', 'fd00::/8'],
    operatorNamespace: 'ops',
    dashboardNamespaces: ['monitoring'],
  };
  expect(messages(options)).toEqual([]);
  expect(networkPolicyOf(cluster, options).spec.ingress.slice(1)).toEqual([
    { from: [{ ipBlock: { cidr: '10.0.0.0/8' } }, { ipBlock: { cidr: 'fd00::/8' } }], ports: tcp(1883, 8084) },
    { from: [from('ops')], ports: tcp(8081) },
    { from: [from('monitoring')], ports: tcp(18083) },
  ]);
});

test.each<[NetworkPolicyOptions, RegExp]>([
  [{ devices: ['10.0.0.1'] }, /'networkPolicy.devices\[0\]' \("10.0.0.1"\) must be a block of addresses/],
  [{ devices: ['::/0', '10.0.0.0/33'] }, /'networkPolicy.devices\[1\]' \("10.0.0.0\/33"\) must be a block/],
  [{ devices: [] }, /'networkPolicy.devices' \(missing\) must be a list of one or more: .* "from everywhere"/],
  [{ operatorNamespace: 'Ops' }, /'networkPolicy.operatorNamespace' \("Ops"\) must be a DNS label/],
  [{ dashboardNamespaces: 'all' as never }, /'networkPolicy.dashboardNamespaces' \("all"\) must be a list/],
])('what would let in others than was meant is refused (%#)', (options, message) => {
  expect(messages(options)).toEqual([expect.stringMatching(message)]);
});

describe('of a cluster', () => {
  test('it is rendered when it is asked for, for the listeners that are published', () => {
    const manifests = synth({
      networkPolicy: {},
      service: MqttService.clusterIp({ listeners: ['ws', 'mqtt'] }),
      namespace: 'messaging',
    });
    expect(ofKind(manifests, 'NetworkPolicy')).toEqual(
      networkPolicyOf({ name: 'emqx-ee', namespace: 'messaging', listeners: [8083, 1883] }, {}),
    );
    expect(synth().map(({ kind }) => kind)).toEqual(['EmqxEnterprise', 'Service']);
  });

  test('what is wrong with it is said with all the rest', () => {
    const service = MqttService.loadBalancer({ listeners: 'ws' as never });
    const networkPolicy = { devices: '10.0.0.0/8', dashboardNamespaces: 'all', operatorNamespace: 'Ops' };
    expect(problemsWith({ networkPolicy, service, replicas: 0 }).map((problem) => problem.split("'")[1])).toEqual([
      'replicas',
      'service.listeners',
      'networkPolicy.devices',
      'networkPolicy.operatorNamespace',
      'networkPolicy.dashboardNamespaces',
    ]);
  });
});
