import { DEFAULT_DASHBOARD_PORT } from '../../../resource';
import type { HoconObject } from '../../../resource/v2beta1/hocon';
import type { ContainerPort, ServicePort } from '../../kubernetes/core-types';
import { objectsAt, parseHocon, textAt } from './hocon';

/** The ports of the dashboard and of the management API, as a configuration binds them, by name. A port of 0 switches one off. */
export function dashboardPorts(data: string): ServicePort[] {
  const config = parseHocon(data);
  const bound = (protocol: string) => portIn(textAt(config, `dashboard.listeners.${protocol}.bind`));
  return [
    { name: 'dashboard', port: bound('http') ?? DEFAULT_DASHBOARD_PORT },
    { name: 'dashboard-https', port: bound('https') ?? 0 },
  ].flatMap(({ name, port }) => (port === 0 ? [] : [{ name, protocol: 'TCP', port, targetPort: port }]));
}

/** The ports of the listeners for devices (and of gateways) in the configuration that EMQX tells, by name. */
export function listenerPorts(data: string): ServicePort[] {
  const config = parseHocon(data);
  const gateways = objectsAt(config, 'gateway')
    .filter(([, gateway]) => isOn(gateway))
    .flatMap(([name, gateway]) => portsOf(gateway, `${name}-`));
  return [...portsOf(config, ''), ...gateways].sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1));
}

function portsOf(config: HoconObject, prefix: string): ServicePort[] {
  return objectsAt(config, 'listeners').flatMap(([type, listeners]) =>
    objectsAt({ listeners }, 'listeners')
      .filter(([, listener]) => isOn(listener))
      .map(([name, listener]) => {
        const port = portIn(textAt(listener, 'bind')) ?? 0;
        const protocol = ['quic', 'udp', 'dtls'].includes(type) ? 'UDP' : 'TCP';
        return { name: `${prefix}${type}-${name}`, protocol, port, targetPort: port };
      }),
  );
}

function isOn(config: HoconObject): boolean {
  return textAt(config, 'enable') !== 'false' && textAt(config, 'enabled') !== 'false';
}

/** `18083` and `0.0.0.0:18083`; undefined of what is not given. */
function portIn(bind: string | undefined): number | undefined {
  if (!bind) return undefined;
  return Number(bind.slice(bind.lastIndexOf(':') + 1)) || 0;
}

/** The first of a name or number stays. */
export function withoutClashes<T extends ServicePort | ContainerPort>(ports: readonly T[]): T[] {
  const numberOf = (port: ServicePort | ContainerPort) => ('port' in port ? port.port : port.containerPort);
  return ports.filter((port, index) => {
    const earlier = ports.slice(0, index);
    return !earlier.some((other) => (other.name ?? '') === (port.name ?? '') || numberOf(other) === numberOf(port));
  });
}
