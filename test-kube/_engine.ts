import { managementPorts } from '../src/emqx';
import { AgentTransport } from '../src/emqx/agent-transport';
import { Cluster, connect, SystemClock } from '../src/kubernetes';
import type { UpgradeContext } from '../src/upgrade';
import { kubeconfigOf } from './_lab';
import type { Target } from './_upgrade-cluster';
import { ACCOUNT } from './_upgrade-namespace';

/** The engine in this process, with the rights of UpgradeAccess and the client that users have. */
export interface Engine extends UpgradeContext {
  close(): void;
}

/** @param holder name under which it holds the lease */
export async function engineIn(namespace: string, target: Target, holder: string): Promise<Engine> {
  const api = await connect({ kubeconfig: kubeconfigOf(namespace, ACCOUNT) });
  const clock = new SystemClock();
  const { kind, name, managementPort } = target;
  const cluster = new Cluster({ api, clock, kind, namespace, name });
  const transport = new AgentTransport(api.pods, managementPort);
  const ports = managementPorts(kind, cluster, { transport, namespace });
  return { clock, cluster, ...ports, progress: { report: () => undefined }, holder, close: () => api.close() };
}
