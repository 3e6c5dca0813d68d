import { generationOf, versionOf } from '../resource';
import { blocker, type Finding, warning } from './check';
import { downgradeOf } from './downgrade';
import { isOpen } from './journal';
import { blueOf, nodesOf, type Observation, replicasOf } from './observation';
import type { PreflightFacts } from './preflight-facts';
import { replicasCheck } from './replicas-check';
import { isNative, isWaiting } from './second-set';
import { servedVersion } from './served-version';
import type { Target } from './target';

type CheckFunction = (observation: Observation, target: Target, facts: PreflightFacts) => Finding;

/** The checks of the requested change. */
export const CHANGE_CHECKS: Record<string, CheckFunction> = {
  template({ cluster }, target) {
    if (isOpen(cluster.journal)) return undefined;
    if (isWaiting(cluster) || isNative(cluster)) {
      if (target.applied) return undefined;
      const version = versionOf(target.live);
      return blocker(
        `the operator builds new nodes from another template (version ${version})`,
        `request version ${version} as it was applied, or set the template back first`,
      );
    }
    return target.applied
      ? blocker('the pod template is already the wanted one', 'nothing to upgrade: apply what else differs as usual')
      : undefined;
  },

  version(observation, target) {
    const { cluster } = observation;
    // What was applied to a held cluster is not yet what runs. An open run has been allowed.
    const waits = isWaiting(cluster) && !isOpen(cluster.journal);
    const running = waits ? servedVersion(observation) : versionOf(target.live);
    const downgrade = downgradeOf(running, versionOf(target.desired));
    if (!downgrade) return undefined;
    const { finding, fix, isWithinLine } = downgrade;
    if (!isWithinLine || !target.acceptDowngrade) return blocker(finding, fix);
    return warning(
      `${finding}: the downgrade is accepted`,
      'EMQX does not guarantee that it reads newer data: check what devices receive from the first node',
    );
  },

  replicas({ cluster }, target) {
    return isOpen(cluster.journal) ? undefined : replicasCheck(cluster, target);
  },

  metadata(_observation, target) {
    if (target.metadataChanges.length === 0) return undefined;
    return blocker(
      `labels or annotations of the resource change: ${target.metadataChanges.map((change) => change.path).join(', ')}`,
      'keep them as they are: a changed label orphans the running nodes, a changed annotation triggers an upgrade of its own',
    );
  },

  immutable(_observation, target) {
    const fields = generationOf(target.live).immutableFields(target.live, target.desired);
    if (fields.length === 0) return undefined;
    return blocker(`fields that cannot change differ: ${fields.join(', ')}`, 'set them to what the cluster has');
  },

  cap(observation, target) {
    const blue = blueOf(observation.cluster);
    const count = blue ? nodesOf(observation, blue.name).length : 0;
    if (!generationOf(target.desired).strategyOf(target.desired)) return undefined; // there is no rate, which another check reports
    const cap = Math.min(target.caps.connections, target.caps.sessions);
    if (!Number.isInteger(target.caps.connections) || target.caps.connections < 1) {
      return blocker(
        `the storm cap (${target.caps.connections}) is not a whole number of at least 1`,
        'set a rate per second',
      );
    }
    if (cap > 0 && count > cap) {
      return warning(
        `${count} nodes share a cap of ${cap}/s`,
        `they are evacuated in waves of ${cap}; raise the cap to evacuate them all at once`,
      );
    }
    return undefined;
  },

  driver({ cluster }, target) {
    if (target.driver === 'pilot' || target.live.kind === 'EMQX') return undefined;
    const replicas = Math.max(replicasOf(cluster), generationOf(target.desired).replicasOf(target.desired, 'core'));
    if (replicas > 10) {
      return blocker(
        `the operator driver cannot upgrade ${replicas} replicas: the operator sorts pods by name and removes pod 10 before it is empty`,
        'use the pilot driver',
      );
    }
    const text =
      'left alone, the operator removes nodes before they are evacuated: in every measured upgrade all persistent sessions were lost, and devices were disconnected at many times the requested rate';
    return target.acceptLoss
      ? warning(text, 'use the pilot driver')
      : blocker(text, 'use the pilot driver, or accept the loss explicitly');
  },
};
