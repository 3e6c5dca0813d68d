import type { Emqx } from '../../../resource';
import { DEFAULT_CLUSTER_DOMAIN, namesOf, ON_SERVING_GATE } from '../../../resource';
import type { Container, ContainerPort, EnvironmentVariable, PodTemplate, Volume } from '../../kubernetes/core-types';
import { copy } from '../../kubernetes/json';
import type { NodeTemplate } from './emqx';
import { dashboardPorts, withoutClashes } from './ports';
import { labelsOf, type Role } from './roles';

/** The fields of a template that are read here; the others are passed on as they are. */
interface TemplateFields {
  env?: EnvironmentVariable[];
  ports?: ContainerPort[];
  tolerations?: object[];
  toleRations?: object[];
  initContainers?: object[];
  extraContainers?: Container[];
  extraVolumes?: Volume[];
  extraVolumeMounts?: object[];
  volumeClaimTemplates?: object;
  [field: string]: unknown;
}

/**
 * The pod template that the operator makes for a role, without the hash label and without the dashboard's port: what the hash is
 * made from. So a dashboard that moves to another port gives another template of the same hash.
 *
 * @param preStop the hook that the operator itself wants the node to run before its end
 * @see EMQX Operator 2.2.29, `generateStatefulSet` and `generateReplicaSet`: read
 */
export function hashedTemplateOf(resource: Emqx, role: Role, template: NodeTemplate, preStop?: object): PodTemplate {
  const fields = (template.spec ?? {}) as TemplateFields;
  const { name } = resource.metadata;
  const names = namesOf(name);
  const { spec } = resource;
  const mounts = [
    {
      name: 'bootstrap-api-key',
      mountPath: '/opt/emqx/data/bootstrap_api_key',
      subPath: 'bootstrap_api_key',
      readOnly: true,
    },
    { name: 'bootstrap-config', mountPath: '/opt/emqx/etc/emqx.conf', subPath: 'emqx.conf', readOnly: true },
    { name: `${name}-${role.name}-log`, mountPath: '/opt/emqx/log' },
    { name: `${name}-${role.name}-data`, mountPath: '/opt/emqx/data' },
  ];
  const container: Container = {
    name: 'emqx',
    image: spec.image,
    imagePullPolicy: spec.imagePullPolicy,
    command: fields['command'],
    args: fields['args'],
    ...(fields.ports && { ports: fields.ports }),
    env: [...environmentOf(resource, role), ...(fields.env ?? [])],
    envFrom: fields['envFrom'],
    resources: fields['resources'],
    securityContext: fields['containerSecurityContext'],
    livenessProbe: fields['livenessProbe'],
    readinessProbe: fields['readinessProbe'],
    startupProbe: fields['startupProbe'],
    lifecycle: preStop ? { ...(fields['lifecycle'] as object | undefined), preStop } : fields['lifecycle'],
    volumeMounts: [...mounts, ...(fields.extraVolumeMounts ?? [])],
  };
  const volumes: Volume[] = [
    ...(fields.volumeClaimTemplates ? [] : [{ name: `${name}-${role.name}-data`, emptyDir: {} }]),
    { name: 'bootstrap-api-key', secret: { secretName: names.apiKeysSecret } },
    { name: 'bootstrap-config', configMap: { name: names.configMap } },
    { name: `${name}-${role.name}-log`, emptyDir: {} },
    ...(fields.extraVolumes ?? []),
  ];
  return copy({
    metadata: {
      labels: { ...template.metadata?.labels, ...labelsOf(resource, role) },
      ...(template.metadata?.annotations && { annotations: template.metadata.annotations }),
    },
    spec: {
      readinessGates: [{ conditionType: ON_SERVING_GATE }],
      imagePullSecrets: spec.imagePullSecrets,
      serviceAccountName: spec.serviceAccountName,
      securityContext: fields['podSecurityContext'],
      affinity: fields['affinity'],
      tolerations: [...(fields.tolerations ?? []), ...(fields.toleRations ?? [])],
      topologySpreadConstraints: fields['topologySpreadConstraints'],
      ...(fields['nodeName'] !== undefined && { nodeName: fields['nodeName'] as string }),
      nodeSelector: fields['nodeSelector'],
      initContainers: fields.initContainers,
      containers: [container, ...(fields.extraContainers ?? [])],
      volumes,
    },
  });
}

/** The same template with the ports of the dashboard. */
export function withDashboard(template: PodTemplate, configData: string): PodTemplate {
  const [emqx, ...others] = template.spec.containers as [Container, ...Container[]];
  const bound = dashboardPorts(configData).map(({ name = '', port }) => ({
    name,
    containerPort: port,
    protocol: 'TCP',
  }));
  const ports = withoutClashes<ContainerPort>([...(emqx.ports ?? []), ...bound]);
  const env = ports.flatMap(({ name, containerPort }) => {
    if (name !== 'dashboard' && name !== 'dashboard-https') return [];
    const protocol = name === 'dashboard' ? 'HTTP' : 'HTTPS';
    return [{ name: `EMQX_DASHBOARD__LISTENERS__${protocol}__BIND`, value: String(containerPort) }];
  });
  const containers = [{ ...emqx, ports, env: [...env.reverse(), ...(emqx.env ?? [])] }, ...others];
  return { ...template, spec: { ...template.spec, containers } };
}

function environmentOf(resource: Emqx, role: Role): EnvironmentVariable[] {
  const { name, namespace = 'default' } = resource.metadata;
  const names = namesOf(name);
  const { clusterDomain = DEFAULT_CLUSTER_DOMAIN } = resource.spec;
  const field = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } });
  const cookie = { secretKeyRef: { name: names.cookieSecret, key: 'node_cookie' } };
  const host =
    role.name === 'core'
      ? { name: 'EMQX_HOST', value: '$(POD_NAME).$(EMQX_CLUSTER__DNS__NAME)' }
      : { name: 'EMQX_HOST', ...field('status.podIP') };
  return [
    ...(role.name === 'core' ? [{ name: 'POD_NAME', ...field('metadata.name') }] : []),
    { name: 'EMQX_CLUSTER__DISCOVERY_STRATEGY', value: 'dns' },
    { name: 'EMQX_CLUSTER__DNS__RECORD_TYPE', value: 'srv' },
    { name: 'EMQX_CLUSTER__DNS__NAME', value: `${names.headlessService}.${namespace}.svc.${clusterDomain}` },
    host,
    { name: 'EMQX_NODE__DATA_DIR', value: 'data' },
    { name: 'EMQX_NODE__ROLE', value: role.name },
    { name: 'EMQX_NODE__COOKIE', valueFrom: cookie },
    { name: 'EMQX_API_KEY__BOOTSTRAP_FILE', value: '"/opt/emqx/data/bootstrap_api_key"' },
  ];
}
