import { copyOf } from '../resource/copy';
import type { EmqxEnterpriseSpec } from '../resource/v1beta4/emqx-enterprise';
import { containersOf, each, joined, variableOf } from './_pod-parts';
import { put } from './_put';
import { ApiKey } from './api-key';
import type { EmqxEnterpriseClusterProps } from './emqx-enterprise-cluster-props';
import { resourcesOf } from './node-resources';
import { TLS_CONFIG, TLS_MOUNT, tlsVolume } from './tls';

type PodSpec = NonNullable<NonNullable<EmqxEnterpriseSpec['template']>['spec']>;
type Fields = Record<string, unknown>;
type PodTemplate = NonNullable<EmqxEnterpriseSpec['template']>;

/** The template of the pods: their metadata and spec. */
export function podTemplateOf(props: EmqxEnterpriseClusterProps): PodTemplate {
  const metadata: NonNullable<PodTemplate['metadata']> = {};
  put(metadata, 'labels', copyOf(props.podLabels) as Record<string, string> | undefined);
  put(metadata, 'annotations', copyOf(props.podAnnotations) as Record<string, string> | undefined);
  const spec = podSpecOf(props);
  return Object.keys(metadata).length > 0 ? { metadata, spec } : { spec };
}

/**
 * The pods of a cluster as its custom resource describes them. Missing values get the defaults; given values are
 * copied.
 */
function podSpecOf(props: EmqxEnterpriseClusterProps): PodSpec {
  const { tls } = props;
  const pod: Fields = { emqxContainer: nodeOf(props) };
  put(pod, 'serviceAccountName', props.serviceAccountName);
  put(pod, 'reloaderImage', props.reloaderImage);
  put(
    pod,
    'imagePullSecrets',
    each(props.imagePullSecrets, (name) => ({ name })),
  );
  put(pod, 'extraContainers', containersOf(props.extraContainers));
  put(pod, 'initContainers', containersOf(props.initContainers));
  put(pod, 'volumes', joined(props.volumes, tls && tlsVolume(tls)));
  put(pod, 'nodeSelector', copyOf(props.nodeSelector));
  put(pod, 'affinity', copyOf(props.affinity));
  put(pod, 'tolerations', each(props.tolerations));
  put(pod, 'podSecurityContext', copyOf(props.podSecurityContext));
  return pod as PodSpec; // its values are checked against the resource's schema when the program is synthesized
}

function nodeOf({ tls, probes, ...props }: EmqxEnterpriseClusterProps): Fields {
  const node: Fields = { image: { ...props.image, version: props.version } };
  put(node, 'command', each(props.command));
  put(node, 'args', each(props.args));
  put(node, 'lifecycle', copyOf(props.lifecycle));
  put(node, 'ports', each(props.extraPorts));
  put(node, 'envFrom', each(props.envFrom));
  put(node, 'env', props.env && each(Object.entries(props.env), variableOf));
  put(node, 'resources', props.resources && resourcesOf(props.resources));
  put(node, 'volumeMounts', joined(props.volumeMounts, tls && TLS_MOUNT));
  put(node, 'livenessProbe', copyOf(probes?.liveness));
  put(node, 'readinessProbe', copyOf(probes?.readiness));
  put(node, 'startupProbe', copyOf(probes?.startup));
  put(node, 'securityContext', copyOf(props.containerSecurityContext));
  put(node, 'emqxConfig', (tls || props.emqxConfig) && { ...(tls && TLS_CONFIG), ...props.emqxConfig });
  put(node, 'emqxACL', each(props.acl));
  put(node, 'bootstrapAPIKeys', each(props.apiKeys, apiKeyOf));
  return node;
}

function apiKeyOf(apiKey: unknown): unknown {
  return apiKey instanceof ApiKey ? apiKey.toWire() : apiKey;
}
