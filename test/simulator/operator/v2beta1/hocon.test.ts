import { objectsAt, parseHocon, textAt } from '../../../../src/simulator/operator/v2beta1/hocon';
import { dashboardPorts, listenerPorts } from '../../../../src/simulator/operator/v2beta1/ports';

describe('what the operator reads out of a configuration', () => {
  it.each([
    ['', {}],
    ['a = 1', { a: '1' }],
    ['{ "a": "1", "b": [1, {"c": true}] }', { a: '1', b: ['1', { c: 'true' }] }],
    ['a.b.c = x\na.b { d: y }', { a: { b: { c: 'x', d: 'y' } } }],
    ['a { b = 1 }, a { c = 2 }', { a: { b: '1', c: '2' } }],
    ['# one\na = 1 // two\n// three\nb = "#"', { a: '1', b: '#' }],
    ['a."b.c" = 1', { a: { 'b.c': '1' } }],
    ['a = two words  \nb = "q\\"\\n"', { a: 'two words', b: 'q"\n' }],
    ['a = """x\ny"""', { a: 'x\ny' }],
    ['bind = "0.0.0.0:1883"\nurl = "http://host"', { bind: '0.0.0.0:1883', url: 'http://host' }],
    ['a = 0\na += 1', { a: '1' }],
    ['a =\n  1\nb = [\n 1\n 2 ]', { a: '1', b: ['1', '2'] }],
  ])('%j', (text, value) => {
    expect(parseHocon(text)).toEqual(value);
  });

  it.each([
    ['a {', 'unexpected its end in line 1'],
    ['a = 1\n}', 'unexpected "}" in line 2'],
    ['a = [1', 'unexpected its end'],
    ['a', 'unexpected its end'],
    ['a = ', 'unexpected its end'],
    ['= 1', 'unexpected "="'],
    ['{ a = 1 } b', 'unexpected "b"'],
  ])('%j is refused', (text, message) => {
    expect(() => parseHocon(text)).toThrow(message);
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
