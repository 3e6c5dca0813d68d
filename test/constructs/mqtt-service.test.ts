import { MqttService } from '../../src';
import { ofKind, problemsWith, resourceOf, synth } from './_cluster';

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

test('a Service has addresses of the families that are asked for', () => {
  const both = { ipFamilies: ['IPv6', 'IPv4'], ipFamilyPolicy: 'PreferDualStack' } as const;
  for (const service of [
    MqttService.nodePort({ mqtt: 'auto', ...both }),
    MqttService.loadBalancer(both),
    MqttService.clusterIp(both),
  ]) {
    expect(specOf(service)).toMatchObject(both);
  }
});

test.each<[object, RegExp]>([
  [{ ipFamilies: ['IPv5'] }, /^'service.ipFamilies' \("IPv5"\) must be a list of "IPv4", "IPv6" or both/],
  [{ ipFamilies: [] }, /^'service.ipFamilies' \(""\) must be a list/],
  [{ ipFamilies: ['IPv4', 'IPv4'] }, /^'service.ipFamilies' \("IPv4, IPv4"\) must be .* each once/],
  [{ ipFamilies: ['IPv4', 'IPv6'] }, /^'service.ipFamilies' \("IPv4, IPv6"\) must be one family with "SingleStack"/],
  [{ ipFamilyPolicy: 'Dual' }, /^'service.ipFamilyPolicy' \("Dual"\) must be "SingleStack", /],
])('%j is refused', (options, message) => {
  expect(problemsWith({ service: MqttService.clusterIp(options) })).toEqual([expect.stringMatching(message)]);
});

describe('a listener that emqxConfig moves', () => {
  const moved = (value: string, setting = 'listener.tcp.external') => ({ emqxConfig: { [setting]: value } });
  const portsOf = (props: object) => ofKind(synth(props), 'Service').spec!['ports'];

  test.each(['11883', '0.0.0.0:11883', '[::]:11883'])('to %s is where the Service leads', (value) => {
    const service = MqttService.nodePort({ mqtt: 32010, ws: 'auto' });
    expect(portsOf({ service, ...moved(value) })).toEqual([
      { name: 'mqtt', port: 11883, targetPort: 11883, protocol: 'TCP', nodePort: 32010 },
      { name: 'ws', port: 8083, targetPort: 8083, protocol: 'TCP' },
    ]);
  });

  test('is let in by the NetworkPolicy, and declared for the Service of the operator', () => {
    const policy = ofKind(synth({ networkPolicy: {}, ...moved('11883') }), 'NetworkPolicy').spec;
    expect(policy).toMatchObject({ ingress: [{}, { ports: [{ port: 11883 }] }, {}] });
    jest.spyOn(process, 'emitWarning').mockReturnValue();
    const { serviceTemplate } = resourceOf({ exposure: 'operator', ...moved('11883') }).spec;
    jest.restoreAllMocks();
    expect(serviceTemplate?.spec?.ports?.map(({ port, targetPort }) => [port, targetPort])).toEqual([
      [11883, 11883],
      [8081, 8081],
      [18083, 18083],
    ]);
  });

  test.each(['', 'off', '127.0.0.1:1883', '[::1]:1883', 'localhost:1883', '0', '70000'])(
    'to %p, where no device gets to, is refused',
    (value) => {
      expect(problemsWith(moved(value))).toEqual([
        expect.stringMatching(
          /^'emqxConfig\["listener.tcp.external"\]' \(".*"\) must be a port, alone or after an address/,
        ),
      ]);
    },
  );

  test('is no matter where the Service does not publish it', () => {
    expect(problemsWith(moved('', 'listener.ws.external'))).toEqual([]);
  });

  test.each(['8081', '18083', '8083'])('to the port of something else (%s) is refused', (value) => {
    const service = MqttService.clusterIp({ listeners: ['mqtt', 'ws'] });
    expect(problemsWith({ service, ...moved(value) })).toEqual([
      expect.stringMatching(/ must be a port that no other listener has: /),
    ]);
  });
});

test.each(['18081', '', '127.0.0.1:8081'])('the management API bound to %p is refused', (value) => {
  expect(problemsWith({ emqxConfig: { 'management.listener.http': value } })).toEqual([
    expect.stringMatching(
      /^'emqxConfig\["management.listener.http"\]' \(".*"\) must be left out, or bound to 8081: the operator/,
    ),
  ]);
  expect(problemsWith({ emqxConfig: { 'management.listener.http': '0.0.0.0:8081' } })).toEqual([]);
});
