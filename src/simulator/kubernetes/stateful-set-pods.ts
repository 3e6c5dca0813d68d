import type { KubeObject } from '../../kubernetes/kube-api';
import type { Pod, PodTemplate, StatefulSet, Volume } from './core-types';
import { copy } from './json';
import { kinds } from './kinds';

/** The label that carries the name of a pod's revision, `<set>-<hash>`. */
export const revisionLabel = 'controller-revision-hash';

/** The number at the end of a pod's name. */
export function ordinalOf(pod: Pod): number {
  return Number(pod.metadata.name.slice(pod.metadata.name.lastIndexOf('-') + 1));
}

/** The claims of one pod of a set, `<claim template>-<pod>`. They have no owner, and outlive the set. */
export function claimsOf(set: StatefulSet, ordinal: number): KubeObject[] {
  return (set.spec.volumeClaimTemplates ?? []).map(({ metadata, spec }) => ({
    ...kinds.volumeClaim,
    metadata: {
      name: `${metadata.name}-${set.metadata.name}-${ordinal}`,
      namespace: set.metadata.namespace ?? 'default',
      labels: { ...metadata.labels, ...set.spec.selector.matchLabels },
    },
    spec,
  }));
}

/** A pod of a set. */
export function podOf(set: StatefulSet, ordinal: number, revision: string, template: PodTemplate): Pod {
  const name = `${set.metadata.name}-${ordinal}`;
  const claims: Volume[] = (set.spec.volumeClaimTemplates ?? []).map(({ metadata }) => ({
    name: metadata.name,
    persistentVolumeClaim: { claimName: `${metadata.name}-${name}` },
  }));
  const spec = copy(template.spec);
  const volumes = [
    ...claims,
    ...(spec.volumes ?? []).filter((volume) => !claims.some(({ name }) => name === volume.name)),
  ];
  return {
    ...kinds.pod,
    metadata: {
      name,
      namespace: set.metadata.namespace ?? 'default',
      labels: {
        ...template.metadata?.labels,
        'apps.kubernetes.io/pod-index': String(ordinal),
        [revisionLabel]: revision,
        'statefulset.kubernetes.io/pod-name': name,
      },
      ...(template.metadata?.annotations && { annotations: { ...template.metadata.annotations } }),
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'StatefulSet',
          name: set.metadata.name,
          uid: set.metadata.uid as string,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: { ...spec, ...(volumes.length > 0 && { volumes }), hostname: name, subdomain: set.spec.serviceName },
  };
}
