import { LICENSE_KEY } from '../resource/constants';
import { copyOf } from '../resource/copy';
import type { EmqxSpec } from '../resource/v2beta1/emqx';
import { containersOf, each, joined, variableOf } from './_pod-parts';
import { put } from './_put';
import type { CoreOptions, EmqxClusterProps, ReplicantOptions } from './emqx-cluster-props';
import { EnvValue } from './env-value';
import { License } from './license';
import { resourcesOf } from './node-resources';
import { claimSpecOf } from './persistence';
import { TLS_MOUNT, tlsVolume } from './tls';

type Template = NonNullable<EmqxSpec['coreTemplate']>;
type Fields = Record<string, unknown>;

/** The variable by which EMQX reads its license. @see EMQX 5, `license.key` */
export const LICENSE_VARIABLE = 'EMQX_LICENSE__KEY';

/** The template of the nodes of one role. Missing values get the defaults; given values are copied. */
export function nodeTemplateOf(props: EmqxClusterProps, group: CoreOptions & ReplicantOptions): Template {
  const metadata: NonNullable<Template['metadata']> = {};
  put(metadata, 'labels', copyOf(group.podLabels) as Record<string, string> | undefined);
  put(metadata, 'annotations', copyOf(group.podAnnotations) as Record<string, string> | undefined);
  const spec = nodeSpecOf(props, group);
  return Object.keys(metadata).length > 0 ? { metadata, spec } : { spec };
}

function nodeSpecOf(
  { name, tls, license }: EmqxClusterProps,
  group: CoreOptions & ReplicantOptions,
): NonNullable<Template['spec']> {
  const node: Fields = { maxUnavailable: group.podDisruptionBudget?.maxUnavailable ?? 1 };
  put(node, 'replicas', group.replicas);
  put(node, 'command', each(group.command));
  put(node, 'args', each(group.args));
  put(node, 'lifecycle', copyOf(group.lifecycle));
  put(node, 'ports', each(group.extraPorts));
  put(node, 'envFrom', each(group.envFrom));
  const variables = {
    ...group.env,
    ...(license instanceof License && {
      [LICENSE_VARIABLE]: EnvValue.fromSecret(license.secretNameFor(name), LICENSE_KEY),
    }),
  };
  put(node, 'env', each(Object.entries(variables), variableOf));
  put(node, 'resources', group.resources && resourcesOf(group.resources));
  put(node, 'extraVolumes', joined(group.volumes, tls && tlsVolume(tls)));
  put(node, 'extraVolumeMounts', joined(group.volumeMounts, tls && TLS_MOUNT));
  put(node, 'livenessProbe', copyOf(group.probes?.liveness));
  put(node, 'readinessProbe', copyOf(group.probes?.readiness));
  put(node, 'startupProbe', copyOf(group.probes?.startup));
  put(node, 'containerSecurityContext', copyOf(group.containerSecurityContext));
  put(node, 'podSecurityContext', copyOf(group.podSecurityContext));
  put(node, 'extraContainers', containersOf(group.extraContainers));
  put(node, 'initContainers', containersOf(group.initContainers));
  put(node, 'nodeName', group.nodeName);
  put(node, 'nodeSelector', copyOf(group.nodeSelector));
  put(node, 'affinity', copyOf(group.affinity));
  put(node, 'tolerations', each(group.tolerations));
  put(node, 'topologySpreadConstraints', each(group.topologySpreadConstraints));
  put(node, 'volumeClaimTemplates', group.persistence && claimSpecOf(group.persistence));
  return node as NonNullable<Template['spec']>; // its values are checked against the resource's schema when the program is synthesized
}
