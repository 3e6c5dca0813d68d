import { MqttService } from '../../src';
import { ofKind, problemsWith, synth } from './_cluster';

const specOf = (service: MqttService) => ofKind(synth({ service }), 'Service').spec!;

test('a load balancer is set up by what Kubernetes has for it', () => {
  const service = MqttService.loadBalancer({
    loadBalancerClass: 'service.k8s.aws/nlb',
    loadBalancerSourceRanges: ['203.0.113.0/24', '2001:db8::/32'],
    externalTrafficPolicy: 'Local',
  });
  expect(specOf(service)).toMatchObject({
    type: 'LoadBalancer',
    loadBalancerClass: 'service.k8s.aws/nlb',
    loadBalancerSourceRanges: ['203.0.113.0/24', '2001:db8::/32'],
    externalTrafficPolicy: 'Local',
  });
});

test('what is not asked for is left to Kubernetes', () => {
  expect(Object.keys(specOf(MqttService.loadBalancer())).sort()).toEqual(['ports', 'selector', 'type']);
  expect(Object.keys(specOf(MqttService.nodePort({ mqtt: 'auto' }))).sort()).toEqual(['ports', 'selector', 'type']);
});

test('node ports can keep the addresses of the devices, too', () => {
  expect(specOf(MqttService.nodePort({ mqtt: 32010, externalTrafficPolicy: 'Local' }))).toMatchObject({
    externalTrafficPolicy: 'Local',
    ports: [{ name: 'mqtt', nodePort: 32010 }],
  });
});

describe('refused is', () => {
  test.each<[string, MqttService, RegExp]>([
    [
      'a policy Kubernetes does not know',
      MqttService.nodePort({ mqtt: 'auto', externalTrafficPolicy: 'local' as never }),
      /^'service.externalTrafficPolicy' \("local"\) must be "Cluster" or "Local": /,
    ],
    [
      'a policy of a Service that nobody reaches from outside',
      MqttService.clusterIp({ externalTrafficPolicy: 'Local' } as never),
      /^'service.externalTrafficPolicy' .* must be a known field: /,
    ],
    [
      'an address without a prefix',
      MqttService.loadBalancer({ loadBalancerSourceRanges: ['10.0.0.0/8', '203.0.113.7'] }),
      /^'service.loadBalancerSourceRanges\[1\]' \("203.0.113.7"\) must be a block of addresses in CIDR notation: /,
    ],
    [
      'a prefix that is too long',
      MqttService.loadBalancer({ loadBalancerSourceRanges: ['203.0.113.0/33'] }),
      /^'service.loadBalancerSourceRanges\[0\]' \("203.0.113.0\/33"\)/,
    ],
    [
      'an empty list of networks, which would let all in',
      MqttService.loadBalancer({ loadBalancerSourceRanges: [] }),
      /^'service.loadBalancerSourceRanges' .* must be a list of one or more networks: an empty list lets every network in; /,
    ],
    [
      'a class that is no name',
      MqttService.loadBalancer({ loadBalancerClass: 'my class' }),
      /^'service.loadBalancerClass' \("my class"\) must be a name such as /,
    ],
    [
      'an annotation that is no text',
      MqttService.loadBalancer({ annotations: { 'a.b/c': true as never } }),
      /^'service.annotations\["a.b\/c"\]' \(true\) must be text: /,
    ],
  ])('%s', (_what, service, message) => {
    expect(problemsWith({ service })).toEqual([expect.stringMatching(message)]);
  });
});
