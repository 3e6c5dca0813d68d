import { objectsAt, parseHocon, textAt } from '../../../../src/simulator/operator/v2beta1/hocon';
import { dashboardPorts, listenerPorts } from '../../../../src/simulator/operator/v2beta1/ports';

describe('what the operator reads out of a configuration', () => {
  it('is nothing when it cannot be read', () => {
    expect(() => parseHocon('a = 1\n}')).toThrow('invalid config string: at line 2, column 1 there is');
  });

  it('finds texts and objects by their paths', () => {
    const config = parseHocon('node { cookie = secret }\nlisteners.tcp { a { bind = 1 }, b = 2 }');
    expect(textAt(config, 'node.cookie')).toBe('secret');
    expect(textAt(config, 'node')).toBeUndefined();
    expect(textAt(config, 'node.cookie.x')).toBeUndefined();
    expect(objectsAt(config, 'listeners.tcp')).toEqual([['a', { bind: '1' }]]);
  });

  it.each([
    ['', { dashboard: 18083 }],
    ['dashboard.listeners.http.bind = 8080', { dashboard: 8080 }],
    ['dashboard.listeners.http.bind = ":8080"', { dashboard: 8080 }],
    ['dashboard.listeners { http.bind = 0, https.bind = "0.0.0.0:18084" }', { 'dashboard-https': 18084 }],
    ['dashboard.listeners.https.bind = 18084', { dashboard: 18083, 'dashboard-https': 18084 }],
  ])('the ports of the dashboard in %j', (text, ports) => {
    expect(Object.fromEntries(dashboardPorts(text).map(({ name, port }) => [name, port]))).toEqual(ports);
  });

  it('the ports of listeners and gateways that are on', () => {
    const text = `
      listeners {
        tcp { default { bind = "0.0.0.0:1883" }, off { bind = 1884, enable = false } }
        quic.default { bind = 14567, enabled = true }
      }
      gateway { coap.listeners.udp.default.bind = 5683, stomp { enable = false, listeners.tcp.default.bind = 61613 } }`;
    expect(listenerPorts(text).map(({ name, port, protocol }) => [name, port, protocol])).toEqual([
      ['coap-udp-default', 5683, 'UDP'],
      ['quic-default', 14567, 'UDP'],
      ['tcp-default', 1883, 'TCP'],
    ]);
  });
});
