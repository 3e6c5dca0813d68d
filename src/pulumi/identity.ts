import type { ClusterView } from '../upgrade';
import type { ClusterLink } from './link';

/** Which object in which Kubernetes cluster a resource of Pulumi manages. */
export interface Identity {
  /** Scheme, host and port of the API server. */
  readonly server: string;
  /** `uid` of the namespace `kube-system`, which stands for the Kubernetes cluster; absent where it may not be read. */
  readonly clusterUid?: string;
  /** `uid` of the custom resource. */
  readonly uid?: string;
}

/** What the outputs hold to recognise a cluster by, and whose it is. */
export interface Marks {
  readonly identity?: Identity;
  /** Token of this resource of Pulumi. The cluster holds that of the resource which created or adopted it last. */
  readonly owner?: string;
}

/** A resource of Pulumi must not touch what it leads to now: it is not the cluster of its state. */
export class AnotherClusterError extends Error {
  override readonly name = 'AnotherClusterError';
}

/** The marks among the outputs. */
export function marksOf({ identity, owner }: Marks): Marks {
  return { ...(identity && { identity }), ...(owner !== undefined && { owner }) };
}

/**
 * Reads a cluster, and makes sure that it is the one a state is about.
 *
 * @param known what the state holds; absent in states of older versions, which are not checked
 * @returns the cluster, undefined where there is none, and what identifies it
 * @throws AnotherClusterError when the kubeconfig leads to another Kubernetes cluster, or to another object of the same name
 */
export async function recognise(
  link: ClusterLink,
  known: Identity | undefined,
  signal?: AbortSignal,
): Promise<{ view: ClusterView | undefined; identity: Identity }> {
  const [view, clusterUid] = await Promise.all([link.view(signal), link.clusterUid(signal)]);
  const now: Identity = {
    server: link.server,
    ...(clusterUid !== undefined && { clusterUid }),
    ...(view?.uid !== undefined && { uid: view.uid }),
  };
  if (!known) return { view, identity: now };
  if (!isSameCluster(known, now)) {
    throw new AnotherClusterError(
      `the kubeconfig leads to ${now.server}, which is not the Kubernetes cluster of ${link.id} (${known.server}): nothing was changed; use the kubeconfig and context of that cluster`,
    );
  }
  if (known.uid !== undefined && now.uid !== undefined && known.uid !== now.uid) {
    throw new AnotherClusterError(
      `the ${link.title} was deleted and created again since: nothing was changed; to manage the new one, remove this resource from the state (\`pulumi state delete\`), then adopt it (adopt: true)`,
    );
  }
  return { view, identity: { ...known, ...now } };
}

/** By uid where both are known: the same cluster may be reached by several addresses. */
function isSameCluster(known: Identity, now: Identity): boolean {
  if (known.clusterUid !== undefined && now.clusterUid !== undefined) return known.clusterUid === now.clusterUid;
  return known.server === now.server;
}
