import { EmqxClient } from '../src/emqx';
import { AgentTransport } from '../src/emqx/agent-transport';
import { Cluster, connect, SystemClock } from '../src/kubernetes';
import type { UpgradeContext } from '../src/upgrade';
import { kubeconfigOf } from './_lab';
import { CLUSTER } from './_upgrade-cluster';
import { ACCOUNT } from './_upgrade-namespace';

/** The engine in this process, with the rights of UpgradeAccess and the client that users have. */
export interface Engine extends UpgradeContext {
  close(): void;
}

/** @param holder name under which it holds the lease */
export async function engineIn(namespace: string, holder: string): Promise<Engine> {
  const api = await connect({ kubeconfig: kubeconfigOf(namespace, ACCOUNT) });
  const clock = new SystemClock();
  const cluster = new Cluster({ api, clock, namespace, name: CLUSTER });
  const transport = new AgentTransport(api.pods);
  const emqx = new EmqxClient({ transport, namespace, credentials: () => cluster.credentials() });
  return { clock, cluster, emqx, progress: { report: () => undefined }, holder, close: () => api.close() };
}
