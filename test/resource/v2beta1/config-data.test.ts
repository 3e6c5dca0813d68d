import {
  dashboardPortsOf,
  deviceListenersOf,
  emqxChanges,
  formatProblem,
  generationOf,
  hasLicenseKey,
  problemsOfEmqx,
  withEmqxDefaults,
} from '../../../src/resource';
import { emqx, emqxWith } from './_emqx';

const withConfig = (data: string) => emqxWith('spec.config', { data });

test.each([
  [undefined, 18_083, undefined],
  ['dashboard.listeners.http.bind = 18090', 18_090, undefined],
  ['dashboard.listeners.http.bind = "0.0.0.0:18090"', 18_090, undefined],
  ['dashboard { listeners { https { bind = "[::]:18084" } } }', 18_083, 18_084],
  ['dashboard.listeners.http.bind = 0\ndashboard.listeners.https.bind = 18084', undefined, 18_084],
  ['a = {', 18_083, undefined],
])('%j binds the dashboard to %s and %s', (data, http, https) => {
  expect(dashboardPortsOf(data)).toEqual({ http, https });
});

test('the listeners for devices, moved and switched off', () => {
  expect(deviceListenersOf(undefined)).toEqual({ mqtt: 1883, mqtts: 8883, ws: 8083, wss: 8084 });
  const data =
    'listeners.tcp.default.bind = "0.0.0.0:11883"\nlisteners.ws.default.enable = false\nlisteners.wss.default.enabled = false';
  expect(deviceListenersOf(data)).toEqual({ mqtt: 11_883, mqtts: 8883, ws: undefined, wss: undefined });
});

test.each<[string | undefined, string | undefined, boolean]>([
  [undefined, undefined, false],
  ['listeners.tcp.default.proxy_protocol = true', undefined, true],
  ['listeners.tcp.default { proxy_protocol = false }', undefined, false],
  ['listeners.ssl.default.proxy_protocol = true', undefined, false],
  [undefined, 'true', true],
  ['listeners.tcp.default.proxy_protocol = true', 'false', false], // a variable wins
])('with %j and the variable %s, devices send the header of the PROXY protocol: %s', (data, value, expected) => {
  const resource = data === undefined ? emqx() : withConfig(data);
  if (value !== undefined) {
    const env = [{ name: 'EMQX_LISTENERS__TCP__DEFAULT__PROXY_PROTOCOL', value }];
    resource.spec.coreTemplate = { spec: { env } };
  }
  expect(generationOf(resource).expectsProxyHeader(resource, 'mqtt')).toBe(expected);
});

describe('what a node accepts per second', () => {
  const accepted = (data: string | undefined, env: Record<string, string>, replicants?: Record<string, string>) => {
    const resource = data === undefined ? emqx() : withConfig(data);
    const asEnv = (values: Record<string, string>) => Object.entries(values).map(([name, value]) => ({ name, value }));
    resource.spec.coreTemplate = { spec: { env: asEnv(env) } };
    if (replicants) resource.spec.replicantTemplate = { spec: { replicas: 2, env: asEnv(replicants) } };
    return generationOf(resource).maxConnRateOf(resource, 'mqtt');
  };
  const VARIABLE = 'EMQX_LISTENERS__TCP__DEFAULT__MAX_CONN_RATE';

  test.each([
    ['1000/s', 1_000],
    ['500 / 10s', 50],
    ['60000/m', 1_000],
    ['30/500ms', 60],
    ['250', 250],
    ['infinity', undefined],
    ['0/s', undefined],
    ['1000/week', undefined],
    ['fast', undefined],
  ])('with a rate of %s is %s', (rate, expected) => {
    expect(accepted(`listeners.tcp.default.max_conn_rate = "${rate}"`, {})).toBe(expected);
    expect(accepted(undefined, { [VARIABLE]: rate })).toBe(expected);
  });

  test('is not limited where nothing, or only another listener, says so', () => {
    expect(accepted(undefined, {})).toBeUndefined();
    expect(accepted('listeners.ssl.default.max_conn_rate = "500/s"', {})).toBeUndefined();
    expect(accepted('listeners.tcp.default { max_conn_rate { a = 1 } }', {})).toBeUndefined();
  });

  test('may be a variable in quotes, as it stands in the configuration', () => {
    expect(accepted(undefined, { [VARIABLE]: '"1000/s"' })).toBe(1_000);
  });

  test('is that of the role that devices connect to, and a variable wins', () => {
    const data = 'listeners.tcp.default.max_conn_rate = "500/s"';
    expect(accepted(data, { [VARIABLE]: '70/s' })).toBe(70);
    expect(accepted(data, { [VARIABLE]: '70/s' }, {})).toBe(500);
    expect(accepted(data, {}, { [VARIABLE]: '80/s' })).toBe(80);
  });
});

test.each([
  ['license.key = "x"', true],
  ['license { key = x }', true],
  ['license.connection_low_watermark = "75%"', false],
  [undefined, false],
])('%j has a license: %s', (data, expected) => {
  expect(hasLicenseKey(data)).toBe(expected);
});

test.each([
  ['a = $\u007bX}', 'at line 1, column 5 there is a substitution'],
  ['dashboard = "secret"', "'dashboard' is no object there, and the whole operator crashes"],
  ['dashboard.listeners.http = null', "'dashboard.listeners.http' is no object"],
  ['node = 1', "'node' is no object"],
  ['dashboard.listeners.http.bind = secret', 'neither a port nor an address'],
  ['dashboard.listeners.http.bind = {}', 'neither a port nor an address'],
  ['dashboard.listeners.http.bind = 99999', 'neither a port nor an address'],
  ['dashboard.listeners.http.bind = 0', 'is 0, but the probes'],
  [`a = "${'x'.repeat(262_144)}"`, 'the operator keeps it in an annotation'],
])('a configuration that breaks the operator is refused, and never shown (%#)', (data, reason) => {
  const problems = problemsOfEmqx(withConfig(data));
  expect(problems).toEqual([expect.objectContaining({ path: 'spec.config.data' })]);
  expect(problems[0]!.reason).toContain(reason);
  expect(problems.map(formatProblem).join('')).not.toContain('secret');
});

test('a change of the configuration is applied in place; one that moves the dashboard is refused', () => {
  const [before, harmless, moved] = ['', 'log.console.level = debug', 'dashboard.listeners.http.bind = 18090'].map(
    (data) => withEmqxDefaults(withConfig(data)),
  );
  expect(emqxChanges(before!, harmless!).map(({ effect }) => effect)).toEqual(['in-place']);
  expect(emqxChanges(before!, moved!).map(({ path, effect }) => `${path} ${effect}`)).toEqual([
    'spec.config in-place',
    'spec.config.data refused',
  ]);
});
