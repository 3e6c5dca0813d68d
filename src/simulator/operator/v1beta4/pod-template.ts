import { type EmqxEnterprise, imageOf, ON_SERVING_GATE } from '../../../resource';
import type { Container, EnvironmentVariable, PodTemplate, Volume } from '../../kubernetes/core-types';
import { copy } from '../../kubernetes/json';

type EmqxContainer = NonNullable<NonNullable<NonNullable<EmqxEnterprise['spec']['template']>['spec']>['emqxContainer']>;

interface VolumeMount {
  name: string;
  mountPath: string;
  readOnly?: boolean;
  subPath?: string;
}

/** Something mounted into both containers, together with the variable that says where it is. */
export interface Mount {
  env: EnvironmentVariable;
  volume: Volume;
  mount: Omit<VolumeMount, 'name'>;
}

/**
 * The pod template the operator makes of a custom resource: the container `emqx` with the settings as `EMQX_…` variables, the
 * sidecar `reloader`, and the readiness gate that the operator itself sets.
 */
export function podTemplateOf(resource: EmqxEnterprise, mounts: Mount[]): PodTemplate {
  const { template, persistent } = resource.spec;
  const pod = template?.spec ?? {};
  const {
    image = { version: '' },
    emqxConfig: _config,
    emqxACL: _acl,
    bootstrapAPIKeys: _keys,
    ...container
  }: EmqxContainer = pod.emqxContainer ?? {};
  const data = persistent?.metadata?.name ?? `${resource.metadata.name}-data`;
  const env = [...environmentOf(pod.emqxContainer ?? {}), ...mounts.map((each) => each.env)];
  const shared = mounts.map(({ volume, mount }) => ({ name: volume.name, ...mount }));
  const own: VolumeMount[] = [
    { name: 'emqx-log', mountPath: '/opt/emqx/log' },
    { name: data, mountPath: '/opt/emqx/data' },
  ];
  const given = (container.volumeMounts ?? []) as VolumeMount[];
  const containers: Container[] = [
    {
      ...(container as object),
      name: 'emqx',
      image: imageOf(image),
      imagePullPolicy: image.pullPolicy,
      env,
      volumeMounts: [...given, ...own, ...shared],
    },
    {
      name: 'reloader',
      image: pod.reloaderImage ?? '',
      imagePullPolicy: image.pullPolicy,
      args: ['-u', 'admin', '-p', 'public', '-P', '8081'],
      envFrom: container.envFrom,
      env,
      volumeMounts: [...given, ...shared],
    },
    ...((pod.extraContainers ?? []) as unknown as Container[]),
  ];
  const volumes: Volume[] = [
    ...((pod.volumes ?? []) as Volume[]),
    { name: 'emqx-log', emptyDir: {} },
    ...(persistent ? [] : [{ name: data, emptyDir: {} }]),
    ...mounts.map(({ volume }) => volume),
  ];
  return copy({
    metadata: {
      labels: template?.metadata?.labels,
      annotations: {
        ...template?.metadata?.annotations,
        'apps.emqx.io/manage-containers': containers.map(({ name }) => name).join(','),
      },
    },
    spec: {
      readinessGates: [{ conditionType: ON_SERVING_GATE }],
      affinity: pod.affinity,
      tolerations: pod.tolerations,
      nodeName: pod.nodeName,
      nodeSelector: pod.nodeSelector,
      serviceAccountName: pod.serviceAccountName,
      imagePullSecrets: pod.imagePullSecrets,
      initContainers: pod.initContainers,
      securityContext: pod.podSecurityContext,
      containers,
      volumes,
    },
  });
}

/** The settings as variables: `EMQX_` and the name in capitals, each dot two underscores. A variable given as such wins. */
function environmentOf({ env = [], emqxConfig = {} }: EmqxContainer): EnvironmentVariable[] {
  const given = env as EnvironmentVariable[];
  const settings = Object.entries(emqxConfig)
    .map(([key, value]) => ({ name: `EMQX_${key.toUpperCase().replaceAll('.', '__')}`, ...(value && { value }) }))
    .filter(({ name }) => !given.some((other) => other.name === name));
  return [...given, ...settings].sort((a, b) => (a.name < b.name ? -1 : 1));
}
