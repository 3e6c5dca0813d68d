import { satisfies } from 'semver';
import { blocker, type Finding, ok, warning } from './check';
import type { OperatorView } from './observation';

/** Operators that reconcile EmqxEnterprise v1beta4. 2.3 deletes its definition. */
const OPERATORS = '>=2.1.0 <2.3.0';

const SURE = 'make sure that it is 2.1 to 2.2.29';

/**
 * Which operators there are. What is not understood, a name or a tag of somebody's mirror, stands in nobody's way where the cluster
 * is seen to be reconciled.
 *
 * @param operators undefined when they may not be looked at.
 * @param fresh whether some operator has looked at the cluster a moment ago.
 */
export function operatorCheck(operators: readonly OperatorView[] | undefined, fresh: boolean): Finding {
  if (operators === undefined) {
    return warning(
      'the operator’s Deployment may not be looked at: its version is unknown',
      `${SURE}; the right to list Deployments in all namespaces lets this be checked`,
    );
  }
  if (operators.length === 0) {
    return fresh
      ? warning(
          'the operator that looks at this cluster is not recognized by the name or image of its Deployment',
          SURE,
        )
      : blocker(
          'no EMQX Operator is installed (no Deployment with the label control-plane: controller-manager runs its image)',
          'install 2.2.29 (construct: EmqxOperator); without it nothing makes the new nodes',
        );
  }
  const names = operators.map(({ name, image }) => `${name} (${image})`).join(', ');
  const known = operators.filter(({ version }) => version !== undefined);
  const right = known.filter(({ version }) => satisfies(version ?? '', OPERATORS));
  if (known.length === operators.length && right.length === 0) {
    const finding = `the operator is not 2.1 to 2.2.29: ${names}`;
    return fresh
      ? warning(`${finding}; but one has looked at this cluster a moment ago`, SURE)
      : blocker(finding, 'use 2.2.29, the last one that reconciles EmqxEnterprise v1beta4');
  }
  if (!operators.some(({ ready }) => ready)) {
    return blocker(`the operator is not ready: ${names}`, 'bring its pod to rest: kubectl describe and logs tell why');
  }
  if (right.length === operators.length) return ok(names);
  if (right.length > 0) {
    return warning(
      `there are operators of other versions, too: ${names}`,
      'make sure that only one of 2.1 to 2.2.29 watches the namespace of this cluster',
    );
  }
  return warning(`the version of the operator is unknown: ${names}`, SURE);
}
