import { MQTT_PORTS, type MqttListener } from '../constants';
import { HIDDEN, type Problem } from '../problem';
import { DEFAULT_DASHBOARD_PORT } from './constants';
import { type HoconObject, hoconAt, isHoconObject, readHocon } from './hocon';

/** Path of `config.data` in the resource. */
const PATH = 'spec.config.data';

/** What an annotation holds: the operator keeps the text in one. @see Kubernetes, "Annotations" */
const MAX_BYTES = 262_144;

/** Settings by which the operator reaches the nodes; it assumes objects down to the last name, and crashes otherwise. */
const READ_BY_OPERATOR: readonly (readonly string[])[] = [
  ['dashboard'],
  ['dashboard', 'listeners'],
  ['dashboard', 'listeners', 'http'],
  ['dashboard', 'listeners', 'https'],
  ['node'],
];

/** Ports of the dashboard and of the management API; undefined for a protocol that is off. */
export interface DashboardPorts {
  readonly http: number | undefined;
  readonly https: number | undefined;
}

/** What in the text of `spec.config.data` would stop the operator, or make it miss settings; values are never shown. */
export function problemsOfConfig(data: string): Problem[] {
  const report = (bound: string, reason: string, fix: string): Problem[] => [
    { path: PATH, value: HIDDEN, bound, reason, fix },
  ];
  if (Buffer.byteLength(data) > MAX_BYTES) {
    const reason = 'the operator keeps it in an annotation, which holds no more';
    return report('at most 256 KiB long', reason, 'remove what EMQX has as default');
  }
  const read = readHocon(data);
  if ('problem' in read) {
    const { line, column, what, fix } = read.problem;
    const reason = `at line ${line}, column ${column} there is ${what}`;
    return report('HOCON that the operator can read, too', reason, fix);
  }
  const wrong = READ_BY_OPERATOR.find((path) => {
    const value = hoconAt(read.value, path);
    return value !== undefined && !isHoconObject(value);
  });
  if (wrong) {
    const reason = `'${wrong.join('.')}' is no object there, and the whole operator crashes when it reads it`;
    return report(
      'a configuration that the operator can read',
      reason,
      'write its settings one by one, or leave it out',
    );
  }
  for (const protocol of ['http', 'https'] as const) {
    const bind = bindOf(read.value, protocol);
    if (bind === undefined || portIn(bind) !== undefined) continue;
    const reason = `'dashboard.listeners.${protocol}.bind' is neither a port nor an address with one, which turns the dashboard off`;
    return report('a configuration that binds the dashboard', reason, 'write a port such as 18083');
  }
  if (dashboardPorts(read.value).http !== undefined) return [];
  const reason =
    "'dashboard.listeners.http.bind' is 0, but the probes of the nodes, the operator and an upgrade use this listener";
  return report('a configuration that binds the dashboard', reason, 'restrict access to it by a NetworkPolicy instead');
}

/** The ports of the dashboard that a text binds; the defaults where it cannot be read. */
export function dashboardPortsOf(data: string | undefined): DashboardPorts {
  return dashboardPorts(settingsIn(data));
}

/** The ports on which nodes with this configuration listen for devices; undefined for a listener that is off. */
export function deviceListenersOf(data: string | undefined): Readonly<Record<MqttListener, number | undefined>> {
  const settings = settingsIn(data);
  const entries = Object.entries(LISTENER_TYPES).map(([listener, type]) => {
    const own = hoconAt(settings, ['listeners', type, 'default']);
    const isOff = ['enable', 'enabled'].some((name) => hoconAt(own, [name]) === 'false');
    const bind = hoconAt(own, ['bind']);
    const port = typeof bind === 'string' ? portIn(bind) : MQTT_PORTS[listener as MqttListener];
    return [listener, isOff ? undefined : port] as const;
  });
  return Object.fromEntries(entries) as Record<MqttListener, number | undefined>;
}

/** Whether this configuration makes a listener for devices expect the header of the PROXY protocol before anything else. */
export function isBehindProxy(data: string | undefined, listener: MqttListener): boolean {
  return settingOf(data, listenerSettingOf(listener, 'proxy_protocol')) === 'true';
}

/** A setting of the listeners for devices. @see EMQX 5, "Listener Configuration" */
export function listenerSettingOf(listener: MqttListener, name: 'proxy_protocol' | 'max_conn_rate'): string {
  return `listeners.${LISTENER_TYPES[listener]}.default.${name}`;
}

/** The value of a setting in a text; undefined where it is not there, or is no plain value. */
export function settingOf(data: string | undefined, setting: string): string | undefined {
  const value = hoconAt(settingsIn(data), setting.split('.'));
  return typeof value === 'string' ? value : undefined;
}

const UNITS_S = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400 };

/**
 * How much per second a rate such as `1000/s`, `60000/5m` or `1000` is, in quotes or not, as a variable may be; undefined for `infinity`,
 * and for what is none.
 *
 * @see EMQX 5.8, `emqx_limiter_schema.erl`
 */
export function perSecondOf(rate: string | undefined): number | undefined {
  const [, count, times = '', unit = 's'] = /^["\s]*(\d+)\s*(?:\/\s*(\d*)(ms|s|m|h|d))?["\s]*$/i.exec(rate ?? '') ?? [];
  const seconds = Number(times || 1) * UNITS_S[unit.toLowerCase() as keyof typeof UNITS_S];
  return count !== undefined && Number(count) > 0 && seconds > 0 ? Number(count) / seconds : undefined;
}

/** Whether a text sets a license. */
export function hasLicenseKey(data: string | undefined): boolean {
  return typeof hoconAt(settingsIn(data), ['license', 'key']) === 'string';
}

/** What a text says about credentials for a scrape, `true` or `false`; undefined where it says nothing. */
export function metricsSettingIn(data: string | undefined): string | undefined {
  const setting = hoconAt(settingsIn(data), ['prometheus', 'enable_basic_auth']);
  return typeof setting === 'string' ? setting : undefined;
}

/** EMQX's names of the listeners, each with one of the name `default`. @see EMQX 5, "Listener Configuration" */
export const LISTENER_TYPES: Readonly<Record<MqttListener, string>> = {
  mqtt: 'tcp',
  mqtts: 'ssl',
  ws: 'ws',
  wss: 'wss',
};

/** The settings of a text; none where it cannot be read. */
export function settingsIn(data: string | undefined): HoconObject {
  const read = readHocon(data ?? '');
  return 'value' in read ? read.value : {};
}

function dashboardPorts(settings: HoconObject): DashboardPorts {
  const [http, https] = (['http', 'https'] as const).map((protocol) => {
    const bind = bindOf(settings, protocol);
    return bind === undefined ? undefined : portIn(bind) || undefined;
  });
  return { http: bindOf(settings, 'http') === undefined ? DEFAULT_DASHBOARD_PORT : http, https };
}

function bindOf(settings: HoconObject, protocol: string): string | undefined {
  const bind = hoconAt(settings, ['dashboard', 'listeners', protocol, 'bind']);
  return bind === undefined ? undefined : typeof bind === 'string' ? bind : '';
}

/** The port of `1883`, `:1883`, `0.0.0.0:1883` or `[::]:1883`. */
function portIn(bind: string): number | undefined {
  const [, port] = /^(?:[^\s]*:)?(\d{1,5})$/.exec(bind.trim()) ?? [];
  return port !== undefined && Number(port) <= 65_535 ? Number(port) : undefined;
}
