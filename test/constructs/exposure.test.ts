import { App } from 'cdk8s';
import { MqttService } from '../../src';
import { blueGreenUpdate, clusterOf, ofKind, problemsWith, resourceOf, synth } from './_cluster';

const operator = { exposure: 'operator', service: MqttService.nodePort({ mqtt: 32010, ws: 'auto' }) } as const;

/** What is emitted while it runs. */
function emittedBy(run: () => void): unknown[][] {
  const emit = jest.spyOn(process, 'emitWarning').mockImplementation();
  try {
    run();
    return emit.mock.calls;
  } finally {
    emit.mockRestore();
  }
}

describe("with exposure: 'operator'", () => {
  test("the ports of the devices are declared for the operator's Service, each leading to itself", () => {
    emittedBy(() => {
      expect(resourceOf(operator).spec.serviceTemplate).toEqual({
        metadata: {
          name: 'emqx-ee',
          namespace: 'default',
          labels: { 'apps.emqx.io/instance': 'emqx-ee', 'apps.emqx.io/managed-by': 'emqx-operator' },
        },
        spec: {
          type: 'NodePort',
          selector: { 'apps.emqx.io/instance': 'emqx-ee', 'apps.emqx.io/managed-by': 'emqx-operator' },
          ports: [
            { name: 'mqtt', port: 1883, targetPort: 1883, protocol: 'TCP', nodePort: 32010 },
            { name: 'ws', port: 8083, targetPort: 8083, protocol: 'TCP' },
            { name: 'http-management-8081', port: 8081, targetPort: 8081, protocol: 'TCP' },
            { name: 'http-dashboard-18083', port: 18083, targetPort: 18083, protocol: 'TCP' },
          ],
        },
      });
    });
  });

  test('no Service is rendered, and its name is that of the cluster', () => {
    emittedBy(() => expect(synth(operator).map(({ kind }) => kind)).toEqual(['EmqxEnterprise']));
    expect(clusterOf(operator).serviceName).toBe('emqx-ee');
    expect(clusterOf({ ...operator, exposure: 'own' }).serviceName).toBe('emqx-ee-mqtt');
  });

  test('the port of MQTT is declared also without a Service given', () => {
    emittedBy(() => {
      const ports = resourceOf({ exposure: 'operator' }).spec.serviceTemplate?.spec?.ports;
      expect(ports?.map(({ port }) => port)).toEqual([1883, 8081, 18083]);
    });
  });

  test('a load balancer is set up as it would be otherwise', () => {
    const service = MqttService.loadBalancer({
      annotations: { cloud: 'nlb' },
      externalTrafficPolicy: 'Local',
      loadBalancerSourceRanges: ['10.0.0.0/8'],
    });
    emittedBy(() => {
      expect(resourceOf({ exposure: 'operator', service }).spec.serviceTemplate).toMatchObject({
        metadata: { annotations: { cloud: 'nlb' } },
        spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local', loadBalancerSourceRanges: ['10.0.0.0/8'] },
      });
      // A change of these is no upgrade: they stay off the resource and its pods.
      const { metadata, spec } = resourceOf({ exposure: 'operator', service });
      expect([metadata.annotations, spec.template?.metadata?.annotations]).toEqual([undefined, undefined]);
    });
  });

  test('the cluster warns of what gets published, and of the way devices are moved', () => {
    expect(clusterOf({ ...operator, blueGreenUpdate }).warnings).toEqual([
      expect.stringMatching(
        /Service a NodePort, which publishes the management API \(8081\) and the dashboard \(18083\)/,
      ),
      expect.stringMatching(/old and new nodes alike while the operator builds the new ones/),
    ]);
    expect(clusterOf({ exposure: 'operator', blueGreenUpdate }).warnings).toEqual([
      expect.stringMatching(/old and new nodes alike/),
    ]);
    expect(clusterOf({ blueGreenUpdate }).warnings).toEqual([]);
  });

  test('a held cluster keeps its delay where it keeps what else belongs to that Service', () => {
    const service = MqttService.loadBalancer({ annotations: { cloud: 'nlb' } });
    emittedBy(() => {
      const { spec } = resourceOf({ exposure: 'operator', service, blueGreenUpdate });
      expect(spec.blueGreenUpdate?.initialDelaySeconds).toBe(2_000_000_000);
      expect(spec.serviceTemplate?.metadata?.annotations).toEqual({
        cloud: 'nlb',
        'emqx-blue-green/initial-delay-seconds': '60',
      });
    });
  });
});

test('each warning is emitted by synthesis, once, and by nothing else', () => {
  expect(emittedBy(() => clusterOf(operator))).toEqual([]);
  const cluster = clusterOf(operator);
  const twice = () => [1, 2].map(() => App.of(cluster).synthYaml());
  expect(emittedBy(twice)).toEqual(
    cluster.warnings.map((warning) => [`[chart/Cluster] ${warning}`, 'EmqxEnterpriseCluster']),
  );
});

test('a cluster that is refused does not warn as well', () => {
  expect(emittedBy(() => problemsWith({ ...operator, version: 'latest' }))).toEqual([]);
});

test('another exposure is refused', () => {
  expect(problemsWith({ exposure: 'none' })).toEqual([
    expect.stringMatching(/^'exposure' \("none"\) must be "own" or "operator": /),
  ]);
});

test('the ports of the own Service never become those of the operator', () => {
  const { ports, type } = resourceOf({ service: operator.service }).spec.serviceTemplate!.spec!;
  expect([type, ports?.map(({ port }) => port)]).toEqual([undefined, [8081, 18083]]);
  expect(ofKind(synth({ service: operator.service }), 'Service').metadata.name).toBe('emqx-ee-mqtt');
});
