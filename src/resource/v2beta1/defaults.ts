import { DEFAULT_CLUSTER_DOMAIN, DEFAULT_NAMESPACE } from '../constants';
import { copyOf } from '../copy';
import { isEmpty, normalizeContainer, normalizeContainers, normalizeResources } from '../normal-form';
import { defaultPodSecurityContext, defaultSecurityContext } from '../security-context';
import { DEFAULT_EMQX_REPLICAS, EMQX_V2_API_VERSION, EMQX_V3_API_VERSION } from './constants';
import type { Emqx, EmqxSpec } from './emqx';
import {
  DEFAULT_CONFIG_MODE,
  DEFAULT_EVICTION_RATE,
  DEFAULT_HISTORY_LIMIT,
  defaultLivenessProbe,
  defaultReadinessProbe,
  defaultUpdateStrategy,
  defaultV2EvacuationStrategy,
  RECREATE,
} from './spec';

type NodeSpec = NonNullable<NonNullable<EmqxSpec['coreTemplate']>['spec']>;

/**
 * The resource with everything written out that the custom resource definition fills in, and that the operator takes an absent
 * value for. There is no webhook: without that a diff would show what nobody has changed, and a half-given `updateStrategy` or
 * template would lack what the whole one gets.
 *
 * - Given values stay, except that values with several forms, such as quantities, get the form in which they are stored.
 * - What an upgrade needs and nothing supplies, such as a strategy without rates, stays absent: `parseEmqx` reports it.
 * - Applied twice it changes nothing more. The given resource is not modified, and shares nothing with the result.
 *
 * @see EMQX Operator 2.2.29, `apis/apps/v2beta1/emqx_types.go`
 */
export function withEmqxDefaults(resource: Emqx): Emqx {
  const completed = copyOf(resource);
  // Of operator 3 no defaults are known here: its resource is only read.
  if ((resource.apiVersion as string) !== EMQX_V3_API_VERSION) completeEmqx(completed);
  return completed;
}

/** Like {@link withEmqxDefaults}, but changes the resource itself. */
export function completeEmqx({ apiVersion, metadata, spec }: Emqx): void {
  metadata.namespace ||= DEFAULT_NAMESPACE;
  spec.clusterDomain ||= DEFAULT_CLUSTER_DOMAIN;
  spec.revisionHistoryLimit ??= DEFAULT_HISTORY_LIMIT;
  if (isEmpty(spec.config)) delete spec.config;
  if (spec.config) spec.config.mode ??= DEFAULT_CONFIG_MODE;
  completeUpdateStrategy(spec, apiVersion === EMQX_V2_API_VERSION);
  spec.coreTemplate ??= {};
  spec.coreTemplate.spec ??= {};
  completeNode(spec.coreTemplate.spec);
  if (isEmpty(spec.coreTemplate.spec.volumeClaimTemplates)) delete spec.coreTemplate.spec.volumeClaimTemplates;
  normalizeResources(spec.coreTemplate.spec.volumeClaimTemplates?.['resources']);
  if (spec.replicantTemplate) {
    spec.replicantTemplate.spec ??= {};
    completeNode(spec.replicantTemplate.spec);
  }
  for (const service of [spec.dashboardServiceTemplate, spec.listenersServiceTemplate]) {
    if (!service) continue;
    service.enabled ??= true;
    for (const port of service.spec?.ports ?? []) port.protocol ??= 'TCP';
  }
}

function completeUpdateStrategy(spec: EmqxSpec, isV2: boolean): void {
  const whole = defaultUpdateStrategy();
  spec.updateStrategy ??= whole;
  spec.updateStrategy.type ??= RECREATE;
  // In v2beta1 not that of the whole object: the operator takes an absent delay for none.
  spec.updateStrategy.initialDelaySeconds ??= isV2 ? whole.initialDelaySeconds : 0;
  if (!spec.updateStrategy.evacuationStrategy) return;
  if (isV2) {
    spec.updateStrategy.evacuationStrategy = {
      ...defaultV2EvacuationStrategy(),
      ...spec.updateStrategy.evacuationStrategy,
    };
  }
  spec.updateStrategy.evacuationStrategy.connEvictRate ??= DEFAULT_EVICTION_RATE;
  spec.updateStrategy.evacuationStrategy.sessEvictRate ??= DEFAULT_EVICTION_RATE;
}

function completeNode(node: NodeSpec): void {
  normalizeContainer(node);
  normalizeContainers(node.extraContainers);
  normalizeContainers(node.initContainers);
  node.replicas ??= DEFAULT_EMQX_REPLICAS;
  node.livenessProbe ??= defaultLivenessProbe();
  node.readinessProbe ??= defaultReadinessProbe();
  node.podSecurityContext ??= defaultPodSecurityContext();
  node.containerSecurityContext ??= defaultSecurityContext();
}
