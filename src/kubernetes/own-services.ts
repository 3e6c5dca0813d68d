import type { EmqxResource, Generation } from '../resource';
import type { NodeSet, Service } from './core-objects';
import type { KubeObject } from './kube-api';
import { controllerOf, isControlledBy } from './ownership';

/**
 * Of the Services that are marked as traffic Services of a name, those of one cluster: an EmqxEnterprise and an EMQX of one name have
 * the same mark.
 *
 * - A mark that another controller has copied does not count.
 * - A selector with a label that only pods of the other kind have leads to the other cluster.
 * - One that could mean either is that of the cluster whose run has begun with it; otherwise that of an EmqxEnterprise, where there is one:
 *   an EMQX has a label for it.
 *
 * @param sets all with the name of the cluster, of both kinds
 * @param ofRun names of those that the open run of the cluster has begun with
 */
export function ownServicesAmong(
  marked: readonly Service[],
  resource: KubeObject,
  { labelsInSelectors: { own, others } }: Pick<Generation<EmqxResource>, 'labelsInSelectors'>,
  sets: readonly NodeSet[],
  ofRun: readonly string[] = [],
): Service[] {
  const hasOther = sets.some((set) => {
    const controller = controllerOf(set);
    return (
      controller?.apiVersion.split('/')[0] === resource.apiVersion.split('/')[0] && controller?.kind !== resource.kind
    );
  });
  return marked.filter((service) => {
    if (controllerOf(service) && !isControlledBy(service, resource)) return false;
    const { selector = {} } = service.spec;
    const names = (labels: readonly string[]) => labels.some((label) => Object.hasOwn(selector, label));
    if (names(others)) return false;
    return own === undefined || !hasOther || names(own) || ofRun.includes(service.metadata.name);
  });
}
