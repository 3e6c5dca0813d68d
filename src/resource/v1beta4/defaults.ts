import {
  DEFAULT_CLUSTER_DOMAIN,
  DEFAULT_NAMESPACE,
  DEFAULT_RELOADER_IMAGE,
  DEFAULT_REPLICAS,
  DEFAULT_REPOSITORY,
  INSTANCE_LABEL,
  MANAGED_BY_LABEL,
  OPERATOR,
} from '../constants';
import { copyOf } from '../copy';
import { isEmpty, normalizeContainer, normalizeContainers, normalizeResources } from '../normal-form';
import { defaultPodSecurityContext, defaultSecurityContext } from '../security-context';
import type { EmqxEnterprise, EmqxEnterpriseSpec } from './emqx-enterprise';
import { DEFAULT_PULL_POLICY } from './spec';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

type Strings = Record<string, string>;
type PodTemplate = NonNullable<EmqxEnterpriseSpec['template']>;
type TemplateMetadata = NonNullable<PodTemplate['metadata']>;
type PodSpec = NonNullable<PodTemplate['spec']>;
type EmqxContainer = NonNullable<PodSpec['emqxContainer']>;
type ServiceSpec = NonNullable<NonNullable<EmqxEnterpriseSpec['serviceTemplate']>['spec']>;

/** The labels that the operator's selectors rely on. */
export function clusterLabels(name: string): Strings {
  return { [INSTANCE_LABEL]: name, [MANAGED_BY_LABEL]: OPERATOR };
}

/**
 * The resource as the API server would store it: with all that the custom resource definition and the operator's mutating
 * webhook would fill in. The webhook then has nothing more to do, and a diff shows only the user's own changes.
 *
 * - Given values stay, except that the two labels of the operator and the Service's selector are always set, and that
 *   values with several forms, such as quantities, get the form in which they are stored.
 * - Applied twice it changes nothing more. The given resource is not modified, and shares nothing with the result.
 *
 * @see EMQX Operator 2.2.29, `apis/apps/v1beta4/emqxbroker_webhook.go`
 */
export function withDefaults(resource: EmqxEnterprise): EmqxEnterprise {
  const completed = copyOf(resource);
  complete(completed);
  return completed;
}

/** Like {@link withDefaults}, but changes the resource itself. */
export function complete({ metadata, spec }: EmqxEnterprise): void {
  metadata.namespace ||= DEFAULT_NAMESPACE;
  metadata.labels = { ...metadata.labels, ...clusterLabels(metadata.name) };
  if (isEmpty(spec.license)) delete spec.license;
  spec.clusterDomain ??= DEFAULT_CLUSTER_DOMAIN;
  spec.replicas ??= DEFAULT_REPLICAS;

  spec.serviceTemplate ??= {};
  spec.serviceTemplate.metadata ??= {};
  becomeOwn(spec.serviceTemplate.metadata, metadata, metadata.name);
  spec.serviceTemplate.spec ??= {};
  completeService(spec.serviceTemplate.spec, metadata.labels);

  spec.template ??= {};
  spec.template.metadata ??= {};
  inherit(spec.template.metadata, metadata);
  spec.template.spec ??= {};
  completePod(
    spec.template.spec,
    metadata.name,
    `${metadata.name}-headless.${metadata.namespace}.svc.${spec.clusterDomain}`,
  );

  if (spec.persistent) {
    spec.persistent.metadata ??= {};
    becomeOwn(spec.persistent.metadata, metadata, `${metadata.name}-data`);
    normalizeResources(spec.persistent.spec?.['resources']);
  }
}

/** Labels and annotations of the resource go to its templates; the template's own win. */
function inherit(own: TemplateMetadata, { labels, annotations }: EmqxEnterprise['metadata']): void {
  own.labels = { ...labels, ...own.labels };
  if (!annotations && !own.annotations) return;
  const { [LAST_APPLIED]: _, ...merged } = { ...annotations, ...own.annotations };
  if (own.annotations || !isEmpty(merged)) own.annotations = merged;
}

/** For a template that becomes an object of its own. */
function becomeOwn(own: TemplateMetadata, parent: EmqxEnterprise['metadata'], name: string): void {
  inherit(own, parent);
  own.name ||= name;
  own.namespace = parent.namespace;
}

function completePod(pod: PodSpec, name: string, dnsName: string): void {
  normalizeContainers(pod.extraContainers);
  normalizeContainers(pod.initContainers);
  pod.emqxContainer ??= {};
  completeNode(pod.emqxContainer, name, dnsName);
  pod.podSecurityContext ??= defaultPodSecurityContext();
  pod.reloaderImage ??= DEFAULT_RELOADER_IMAGE;
}

function completeNode(node: EmqxContainer, name: string, dnsName: string): void {
  normalizeContainer(node);
  if (!node.emqxACL?.length) {
    node.emqxACL = [
      '{allow, {user, "dashboard"}, subscribe, ["$SYS/#"]}.',
      '{allow, {ipaddr, "127.0.0.1"}, pubsub, ["$SYS/#", "#"]}.',
      '{deny, all, subscribe, ["$SYS/#", {eq, "#"}]}.',
      '{allow, all}.',
    ];
  }
  node.emqxConfig = {
    'cluster.discovery': 'dns',
    'cluster.dns.app': name,
    'cluster.dns.name': dnsName,
    'cluster.dns.type': 'srv',
    'listener.tcp.internal': '',
    'log.to': 'console',
    name,
    ...node.emqxConfig,
  };
  if (node.image) {
    node.image.pullPolicy ??= DEFAULT_PULL_POLICY;
    node.image.repository ||= DEFAULT_REPOSITORY;
  }
  node.ports = withoutClashes(
    [
      ...(node.ports ?? []),
      { containerPort: 8081, name: 'management', protocol: 'TCP' },
      { containerPort: 18083, name: 'dashboard', protocol: 'TCP' },
    ],
    (port) => port.containerPort,
  );
  node.securityContext ??= defaultSecurityContext();
}

function completeService(service: ServiceSpec, labels: Strings): void {
  for (const port of service.ports ?? []) port.protocol ??= 'TCP';
  service.ports = withoutClashes(
    [
      ...(service.ports ?? []),
      { name: 'http-management-8081', port: 8081, protocol: 'TCP', targetPort: 8081 },
      { name: 'http-dashboard-18083', port: 18083, protocol: 'TCP', targetPort: 18083 },
    ],
    (port) => port.port,
  );
  service.selector = { ...labels };
}

/** As the webhook merges ports: the first of a name or a number stays. */
function withoutClashes<T extends { name?: string }>(ports: readonly T[], number: (port: T) => number): T[] {
  const kept: T[] = [];
  for (const port of ports) {
    const clash = kept.some((one) => (one.name ?? '') === (port.name ?? '') || number(one) === number(port));
    if (!clash) kept.push(port);
  }
  return kept;
}
