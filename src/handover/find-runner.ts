import { isKubeError, type KubeApi, type KubeObject } from '../kubernetes';
import type { Lease } from '../kubernetes/core-objects';
import { doesFollow, FOLLOWS_ANNOTATION } from '../resource/runner-lease';
import { RUNNER_NAME } from '../resource/runner-policy';
import { LEASE_SILENT_MS } from '../upgrade/lease-silence';

/** The lease of a runner; without a holder none works. */
export type RunnerLease = KubeObject & Partial<Pick<Lease, 'spec'>>;

/**
 * The lease of the runner that upgrades the clusters of a namespace: of several that live, the one that is there itself. One that was
 * removed leaves its lease: it counts only where no other one lives. Without the right to list leases in all namespaces only that namespace
 * is searched.
 *
 * @param namespace of the clusters
 * @param home namespace of the runner. @default - any
 * @returns undefined where there is none
 */
export async function findRunner(
  api: KubeApi,
  namespace: string,
  home: string | undefined,
  signal?: AbortSignal,
): Promise<RunnerLease | undefined> {
  const all = await runnerLeasesIn(api, home ?? '', signal).catch((error: unknown) => {
    if (home !== undefined || !isKubeError(error, 'Forbidden')) throw error;
    return runnerLeasesIn(api, namespace, signal);
  });
  const followers = all.filter(({ metadata }) => doesFollow(metadata.annotations?.[FOLLOWS_ANNOTATION], namespace));
  // All are written by the time of the API server, so that they can be compared.
  const latest = Math.max(...followers.map(renewedAt));
  const living = followers.filter((lease) => latest - renewedAt(lease) < LEASE_SILENT_MS);
  return living.find(({ metadata }) => metadata.namespace === namespace) ?? living[0];
}

/** ms since the epoch; 0 for one that was released. */
function renewedAt({ spec }: RunnerLease): number {
  return spec?.holderIdentity ? Date.parse(spec.renewTime ?? '') || 0 : 0;
}

/** @param namespace empty for all */
export async function runnerLeasesIn(api: KubeApi, namespace: string, signal?: AbortSignal): Promise<RunnerLease[]> {
  const query = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace, name: RUNNER_NAME };
  return (await api.list<RunnerLease>(query, signal)).items;
}

/**
 * The namespace of the runner that upgrades a cluster, for those who read or write its ConfigMap.
 *
 * @param namespace of the cluster; stands for that of a runner that has not worked yet, or may not be searched
 * @param home as the user has named it
 */
export async function runnerNamespaceOf(
  api: KubeApi,
  namespace: string,
  home: string | undefined,
  signal?: AbortSignal,
): Promise<string> {
  if (home !== undefined) return home;
  const lease = await findRunner(api, namespace, undefined, signal).catch((error: unknown) => {
    if (isKubeError(error, 'Forbidden')) return undefined;
    throw error;
  });
  return lease?.metadata.namespace ?? namespace;
}
