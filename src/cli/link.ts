import { AgentTransport } from '../emqx';
import { BaseUrlTransport } from '../emqx/base-url-transport';
import { connect, SystemClock } from '../kubernetes';
import type { Link, LinkFlags } from './shell';

/**
 * The way to a real cluster: its API server, and each EMQX node by a port-forward through that, or by the URL it is given.
 *
 * @throws KubeconfigError
 */
export async function openLink({ kubeconfig, context, emqxUrl }: LinkFlags): Promise<Link> {
  const api = await connect({ kubeconfig, context });
  const transport = emqxUrl === undefined ? new AgentTransport(api.pods) : new BaseUrlTransport(urlsBy(emqxUrl));
  return { api, namespace: api.namespace, transport, clock: new SystemClock(), close: () => api.close() };
}

function urlsBy(template: string) {
  return (pod: { name: string; namespace: string }) =>
    template.replaceAll('{pod}', pod.name).replaceAll('{namespace}', pod.namespace).replace(/\/+$/, '');
}
