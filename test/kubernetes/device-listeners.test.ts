import type { Service } from '../../src/kubernetes/core-objects';
import { deviceListeners } from '../../src/kubernetes/device-listeners';

const service = (...ports: NonNullable<Service['spec']['ports']>): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'emqx-mqtt' },
  spec: { ports },
});

test.each<[string, NonNullable<Service['spec']['ports']>[number], string | undefined]>([
  ['EMQX’s port', { port: 1883 }, 'mqtt 1883'],
  ['another port in front of it', { name: 'in', port: 80, targetPort: 1883 }, 'mqtt 1883'],
  ['the name of a port of the container', { port: 80, targetPort: 'mqtts' }, 'mqtts 8883'],
  ['a name nobody knows here', { port: 80, targetPort: 'http' }, undefined],
  ['the operator’s names', { name: 'mqtt-ssl-8884', port: 8884, targetPort: 8884 }, 'mqtts 8884'],
  ['the operator’s names', { name: 'mqtt-wss-8085', port: 8085, targetPort: 8085 }, 'wss 8085'],
  ['the operator’s names', { name: 'mqtt-ws-8086', port: 8086, targetPort: 8086 }, 'ws 8086'],
  ['the operator’s names', { name: 'mqtt-tcp-11883', port: 11883, targetPort: 11883 }, 'mqtt 11883'],
  ['the dashboard', { name: 'http-dashboard-18083', port: 18083 }, undefined],
  ['the management API', { name: 'mqtt', port: 8081 }, undefined],
  ['UDP', { name: 'mqtt-sn-1884', port: 1884, protocol: 'UDP' }, undefined],
  ['a port of which nothing is known', { name: 'x', port: 4711 }, undefined],
])('%s: %p', (_, port, expected) => {
  expect(deviceListeners(service(port)).map(({ kind, port: number }) => `${kind} ${number}`)).toEqual(
    expected === undefined ? [] : [expected],
  );
});

test('a listener that is published twice is one', () => {
  expect(deviceListeners(service({ port: 1883 }, { port: 80, targetPort: 1883 }))).toEqual([
    { kind: 'mqtt', port: 1883 },
  ]);
});
