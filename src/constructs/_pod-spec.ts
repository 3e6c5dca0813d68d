import type { EmqxEnterpriseSpec } from '../resource/emqx-enterprise';
import { ApiKey } from './api-key';
import type { EmqxEnterpriseClusterProps } from './emqx-enterprise-cluster';
import { EnvValue } from './env-value';
import { resourcesOf } from './node-resources';
import { TLS_CONFIG, TLS_MOUNT, tlsVolume } from './tls';

type PodSpec = NonNullable<NonNullable<EmqxEnterpriseSpec['template']>['spec']>;

/** The pods of a cluster as its custom resource describes them. What is not given is left to the defaults. */
export function podSpecOf(props: EmqxEnterpriseClusterProps): PodSpec {
  const { tls, probes } = props;
  return given({
    serviceAccountName: props.serviceAccountName,
    reloaderImage: props.reloaderImage,
    imagePullSecrets: each(props.imagePullSecrets, (name) => ({ name })),
    emqxContainer: given({
      image: { ...props.image, version: props.version },
      env: each(Object.entries(props.env ?? {}), variableOf),
      resources: props.resources && resourcesOf(props.resources),
      volumeMounts: joined(props.volumeMounts, tls && TLS_MOUNT),
      livenessProbe: probes?.liveness,
      readinessProbe: probes?.readiness,
      startupProbe: probes?.startup,
      securityContext: props.containerSecurityContext,
      emqxConfig: { ...(tls && TLS_CONFIG), ...props.emqxConfig },
      emqxACL: each(props.acl),
      bootstrapAPIKeys: each(props.apiKeys, apiKeyOf),
    }),
    extraContainers: each(props.extraContainers),
    initContainers: each(props.initContainers),
    volumes: joined(props.volumes, tls && tlsVolume(tls)),
    nodeSelector: props.nodeSelector,
    affinity: props.affinity,
    tolerations: each(props.tolerations),
    podSecurityContext: props.podSecurityContext,
  }) as PodSpec; // its values are held against the resource's schema when the program is synthesized
}

function given(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function variableOf([name, value]: [string, unknown]): unknown {
  return value instanceof EnvValue ? value.toWire(name) : { name };
}

function apiKeyOf(apiKey: unknown): unknown {
  return apiKey instanceof ApiKey ? { key: apiKey.key, secret: apiKey.secret() } : apiKey;
}

/** A list, changed; undefined of an empty one, which the operator drops. What is no list is left, for the schema to refuse. */
function each<T>(list: readonly T[] | undefined, change: (item: T) => unknown = (item) => item): unknown {
  if (!Array.isArray(list)) return list;
  return list.length > 0 ? list.map(change) : undefined;
}

function joined(list: readonly object[] | undefined, own: object | undefined): unknown {
  return own && (list === undefined || Array.isArray(list)) ? [...(list ?? []), own] : each(list);
}
