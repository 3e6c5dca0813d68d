import { connect as connectTo } from 'node:net';
import { AgentTransport, type Dial, MqttProber } from '../emqx';
import { BaseUrlTransport } from '../emqx/base-url-transport';
import { connect, SystemClock } from '../kubernetes';
import { requestTimeoutMs } from './request-timeout';
import type { Link, LinkFlags } from './shell';

/**
 * The connection to a real cluster: its API server, and each EMQX node by a port-forward through that, or at the given URL.
 *
 * @throws KubeconfigError
 */
export async function openLink(flags: LinkFlags): Promise<Link> {
  const { kubeconfig, context, emqxUrl, requestTimeout, as, asGroup, asUid } = flags;
  const impersonate = { ...(as && { user: as }), ...(asGroup && { groups: asGroup }), ...(asUid && { uid: asUid }) };
  const timeoutMs = requestTimeout === undefined ? undefined : requestTimeoutMs(requestTimeout);
  const api = await connect({ kubeconfig, context, impersonate, ...(timeoutMs !== undefined && { timeoutMs }) });
  const transport = (port: number) =>
    emqxUrl === undefined ? new AgentTransport(api.pods, port) : new BaseUrlTransport(urlsBy(emqxUrl));
  const prober = new MqttProber(emqxUrl === undefined ? (...target) => api.dial(...target) : dialBy(emqxUrl));
  return { api, namespace: api.namespace, transport, prober, clock: new SystemClock(), close: () => api.close() };
}

/** Where the host of the URL is the pod's own, the pod's other ports are reached at that host, too. */
function dialBy(template: string): Dial {
  const urlOf = urlsBy(template);
  return (pod, port) => {
    const { hostname } = new URL(urlOf(pod));
    if (!hostname.includes(pod.name)) return undefined;
    return new Promise((resolve, reject) => {
      const socket = connectTo({ host: hostname, port }, () => resolve(socket)).on('error', reject);
    });
  };
}

function urlsBy(template: string) {
  return (pod: { name: string; namespace: string }) =>
    template.replaceAll('{pod}', pod.name).replaceAll('{namespace}', pod.namespace).replace(/\/+$/, '');
}
