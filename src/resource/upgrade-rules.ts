import { type EmqxResource, generationOf } from './generations';
import { type UpgradeRight, upgradeRightsOf } from './upgrade-rights';

/** @see Kubernetes API, rbac.authorization.k8s.io/v1 PolicyRule */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  /** Names of the objects. @default - all of them */
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** The clusters that may be upgraded, and Services of them with other names than the default. */
interface Named {
  /** @default - every cluster */
  readonly clusters?: readonly string[] | undefined;
  readonly services?: readonly string[] | undefined;
}

/** The rights that upgrades of clusters of these kinds need; each once, whichever of the kinds need it. */
export function upgradeRules(kinds: readonly EmqxResource['kind'][], named: Named = {}): PolicyRule[] {
  const rules = kinds
    .flatMap((kind) => upgradeRightsOf(generationOf({ kind })))
    .map((right) => ruleOf(right, named.clusters, named.services));
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}

function ruleOf(
  { group, resource, verbs, of }: UpgradeRight,
  named: readonly string[] | undefined,
  others: readonly string[] = [],
): PolicyRule {
  return {
    apiGroups: [group],
    resources: [resource],
    ...(named && of && { resourceNames: [...named.map(of), ...(LEADS_DEVICES.includes(resource) ? others : [])] }),
    verbs: [...verbs],
  };
}

/** Objects that have the name of a Service. */
const LEADS_DEVICES = ['services', 'endpoints'];
