import { satisfies } from 'semver';
import { type EmqxResource, generationOf, type OperatorLine } from '../resource';
import { blocker, type Finding, ok, warning } from './check';
import type { OperatorView } from './observation';

/**
 * Which operators are installed. An unknown name or tag, for example of a mirror, is no blocker where the cluster
 * is seen to be reconciled.
 *
 * @param operators undefined without the right to read them.
 * @param fresh whether an operator has just reconciled the cluster.
 */
export function operatorCheck(
  operators: readonly OperatorView[] | undefined,
  fresh: boolean,
  resource: EmqxResource,
): Finding {
  const lines = generationOf(resource).operators;
  const wanted = lines.map(({ name }) => name).join(' or ');
  const sure = `make sure that it is ${wanted}`;
  if (operators === undefined) {
    return warning(
      'the operator’s Deployment cannot be read: its version is unknown',
      `${sure}; with the right to list Deployments in all namespaces this is checked`,
    );
  }
  if (operators.length === 0) {
    return fresh
      ? warning(
          'the operator that reconciles this cluster is not recognized by the name or image of its Deployment',
          sure,
        )
      : blocker(
          'no EMQX Operator is installed (no Deployment with the label control-plane: controller-manager runs its image)',
          'install 2.2.29 (construct: EmqxOperator); without it nothing creates the new nodes',
        );
  }
  const names = operators.map(({ name, image }) => `${name} (${image})`).join(', ');
  const known = operators.filter(({ version }) => version !== undefined);
  const right = known.filter((operator) => lines.some((line) => isOf(line, operator)));
  if (known.length === operators.length && right.length === 0) {
    const finding = `the operator is not ${wanted}: ${names}`;
    return fresh
      ? warning(`${finding}; but one has just reconciled this cluster`, sure)
      : blocker(
          finding,
          `use one that reconciles ${resource.kind} ${resource.apiVersion.replace(/^.*\//, '')}: ${wanted}`,
        );
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
      `make sure that only one of ${wanted} watches the namespace of this cluster`,
    );
  }
  return warning(`the version of the operator is unknown: ${names}`, sure);
}

/** Whether upgrades with the operator that is installed have been run by anybody here, or can be. */
export function operatorLineCheck(operators: readonly OperatorView[] | undefined, resource: EmqxResource): Finding {
  const { operators: lines, onlyRead } = generationOf(resource);
  if (onlyRead) return blocker(onlyRead.reason, onlyRead.fix);
  const isInstalled = (line: OperatorLine) => lines.length === 1 || operators?.some((operator) => isOf(line, operator));
  const untried = lines.find((line) => !line.isTried && isInstalled(line));
  if (!untried) return undefined;
  return warning(
    `experimental: nobody here has run an upgrade with operator ${untried.name}; what is known of it was read in its source`,
    'try the upgrade on a cluster like this one first, and do not leave it alone here: emqx-blue-green abort goes back',
  );
}

function isOf({ range }: OperatorLine, { version }: OperatorView): boolean {
  return version !== undefined && satisfies(version, range);
}
