import {
  DEFAULT_CLUSTER_DOMAIN,
  DEFAULT_NAMESPACE,
  DEFAULT_RELOADER_IMAGE,
  DEFAULT_REPLICAS,
  DEFAULT_REPOSITORY,
  INSTANCE_LABEL,
  MANAGED_BY_LABEL,
  OPERATOR,
} from './constants';
import { copyOf } from './copy';
import type { EmqxEnterprise, EmqxEnterpriseSpec } from './emqx-enterprise';
import { isEmpty, normalClaim, normalContainer, normalContainers } from './normal-form';
import { DEFAULT_POD_SECURITY_CONTEXT, DEFAULT_PULL_POLICY, DEFAULT_SECURITY_CONTEXT } from './spec';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

type Strings = Record<string, string>;
type PodTemplate = NonNullable<EmqxEnterpriseSpec['template']>;
type PodSpec = NonNullable<PodTemplate['spec']>;
type EmqxContainer = NonNullable<PodSpec['emqxContainer']>;

/** The labels that the operator's selectors rely on. */
export function clusterLabels(name: string): Strings {
  return { [INSTANCE_LABEL]: name, [MANAGED_BY_LABEL]: OPERATOR };
}

/**
 * The resource as the API server would store it: with all that the custom resource definition and the operator's mutating
 * webhook would fill in. With it the webhook has nothing left to do, and a diff shows the user's own changes only.
 *
 * - What is given stays, except that the two labels of the operator and the Service's selector are always set, and that
 *   what can be spelled in several ways, such as quantities, is spelled as it is stored.
 * - Applied twice it changes nothing more. The given resource is not modified.
 *
 * @see EMQX Operator 2.2.29, `apis/apps/v1beta4/emqxbroker_webhook.go`
 */
export function withDefaults(resource: EmqxEnterprise): EmqxEnterprise {
  const { metadata, spec: given } = copyOf(resource);
  const { license, ...spec } = given;
  const namespace = metadata.namespace || DEFAULT_NAMESPACE;
  const labels = { ...metadata.labels, ...clusterLabels(metadata.name) };
  const annotations = metadata.annotations ?? {};
  const clusterDomain = spec.clusterDomain ?? DEFAULT_CLUSTER_DOMAIN;
  const { template, serviceTemplate, persistent } = spec;

  /** Name, namespace, labels and annotations of a template that becomes an object. */
  const ownMetadata = (given: PodTemplate['metadata'], name: string) => ({
    ...given,
    ...inherited(given, labels, annotations),
    name: given?.name || name,
    namespace,
  });

  return {
    ...copyOf(resource),
    metadata: { ...metadata, namespace, labels },
    spec: {
      ...spec,
      ...(!isEmpty(license) && { license }),
      replicas: spec.replicas ?? DEFAULT_REPLICAS,
      clusterDomain,
      template: {
        ...template,
        metadata: { ...template?.metadata, ...inherited(template?.metadata, labels, annotations) },
        spec: completePodSpec(
          template?.spec,
          metadata.name,
          `${metadata.name}-headless.${namespace}.svc.${clusterDomain}`,
        ),
      },
      serviceTemplate: {
        ...serviceTemplate,
        metadata: ownMetadata(serviceTemplate?.metadata, metadata.name),
        spec: {
          ...serviceTemplate?.spec,
          selector: { ...labels },
          ports: withoutClashes(
            [
              ...(serviceTemplate?.spec?.ports ?? []),
              { name: 'http-management-8081', port: 8081, targetPort: 8081 },
              { name: 'http-dashboard-18083', port: 18083, targetPort: 18083 },
            ],
            (port) => port.port,
          ),
        },
      },
      ...(persistent && {
        persistent: {
          ...persistent,
          metadata: ownMetadata(persistent.metadata, `${metadata.name}-data`),
          spec: normalClaim(persistent.spec),
        },
      }),
    },
  };
}

function completePodSpec(given: PodSpec | undefined, name: string, dnsName: string): PodSpec {
  return {
    ...given,
    ...(given?.extraContainers && { extraContainers: normalContainers(given.extraContainers) }),
    ...(given?.initContainers && { initContainers: normalContainers(given.initContainers) }),
    reloaderImage: given?.reloaderImage ?? DEFAULT_RELOADER_IMAGE,
    podSecurityContext: given?.podSecurityContext ?? copyOf(DEFAULT_POD_SECURITY_CONTEXT),
    emqxContainer: completeContainer(given?.emqxContainer, name, dnsName),
  };
}

function completeContainer(given: EmqxContainer | undefined, name: string, dnsName: string): EmqxContainer {
  const image = given?.image;
  return {
    ...normalContainer(given),
    ...(image && {
      image: {
        ...image,
        repository: image.repository || DEFAULT_REPOSITORY,
        pullPolicy: image.pullPolicy ?? DEFAULT_PULL_POLICY,
      },
    }),
    securityContext: given?.securityContext ?? copyOf(DEFAULT_SECURITY_CONTEXT),
    ports: withoutClashes(
      [
        ...(given?.ports ?? []),
        { name: 'management', containerPort: 8081 },
        { name: 'dashboard', containerPort: 18083 },
      ],
      (port) => port.containerPort,
    ),
    emqxConfig: {
      name,
      'log.to': 'console',
      'cluster.discovery': 'dns',
      'cluster.dns.type': 'srv',
      'cluster.dns.app': name,
      'cluster.dns.name': dnsName,
      'listener.tcp.internal': '',
      ...given?.emqxConfig,
    },
    emqxACL: given?.emqxACL?.length
      ? given.emqxACL
      : [
          '{allow, {user, "dashboard"}, subscribe, ["$SYS/#"]}.',
          '{allow, {ipaddr, "127.0.0.1"}, pubsub, ["$SYS/#", "#"]}.',
          '{deny, all, subscribe, ["$SYS/#", {eq, "#"}]}.',
          '{allow, all}.',
        ],
  };
}

/** Labels and annotations of the resource go to its templates; what a template says itself wins. */
function inherited(
  given: { labels?: Strings; annotations?: Strings } | undefined,
  labels: Strings,
  annotations: Strings,
): { labels: Strings; annotations?: Strings } {
  const merged = { ...annotations, ...given?.annotations };
  delete merged[LAST_APPLIED];
  return {
    labels: { ...labels, ...given?.labels },
    ...((given?.annotations || Object.keys(merged).length > 0) && { annotations: merged }),
  };
}

/** As the webhook merges ports: the first of a name or a number stays. The definition makes TCP of no protocol. */
function withoutClashes<T extends { name?: string; protocol?: string }>(ports: T[], number: (port: T) => number): T[] {
  const names = new Set<string>();
  const numbers = new Set<number>();
  return ports
    .filter((port) => {
      const name = port.name ?? '';
      if (names.has(name) || numbers.has(number(port))) return false;
      names.add(name);
      numbers.add(number(port));
      return true;
    })
    .map((port) => ({ ...port, protocol: port.protocol ?? 'TCP' }));
}
