import { satisfies } from 'semver';
import { blocker, type Finding, ok, warning } from './check';
import type { OperatorView } from './observation';

/** Operators that reconcile EmqxEnterprise v1beta4. 2.3 deletes its definition. */
const OPERATORS = '>=2.1.0 <2.3.0';

const SURE = 'make sure that it is 2.1 to 2.2.29';

/**
 * Which operators are installed. An unknown name or tag, for example of a mirror, is no blocker where the cluster
 * is seen to be reconciled.
 *
 * @param operators undefined without the right to read them.
 * @param fresh whether an operator has just reconciled the cluster.
 */
export function operatorCheck(operators: readonly OperatorView[] | undefined, fresh: boolean): Finding {
  if (operators === undefined) {
    return warning(
      'the operator’s Deployment cannot be read: its version is unknown',
      `${SURE}; with the right to list Deployments in all namespaces this is checked`,
    );
  }
  if (operators.length === 0) {
    return fresh
      ? warning(
          'the operator that reconciles this cluster is not recognized by the name or image of its Deployment',
          SURE,
        )
      : blocker(
          'no EMQX Operator is installed (no Deployment with the label control-plane: controller-manager runs its image)',
          'install 2.2.29 (construct: EmqxOperator); without it nothing creates the new nodes',
        );
  }
  const names = operators.map(({ name, image }) => `${name} (${image})`).join(', ');
  const known = operators.filter(({ version }) => version !== undefined);
  const right = known.filter(({ version }) => satisfies(version ?? '', OPERATORS));
  if (known.length === operators.length && right.length === 0) {
    const finding = `the operator is not 2.1 to 2.2.29: ${names}`;
    return fresh
      ? warning(`${finding}; but one has just reconciled this cluster`, SURE)
      : blocker(finding, 'use 2.2.29, the last one that reconciles EmqxEnterprise v1beta4');
  }
  if (!operators.some(({ ready }) => ready)) {
    return blocker(
      `the operator is not ready: ${names}`,
      'get its pod ready: kubectl describe and logs show why it is not',
    );
  }
  if (right.length === operators.length) return ok(names);
  if (right.length > 0) {
    return warning(
      `operators of other versions are installed, too: ${names}`,
      'make sure that only one of 2.1 to 2.2.29 watches the namespace of this cluster',
    );
  }
  return warning(`the version of the operator is unknown: ${names}`, SURE);
}
