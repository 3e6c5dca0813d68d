import { coerce, gt } from 'semver';
import { immutableFields, versionOf } from '../resource';
import { isOpen } from './journal';
import { blueOf, isWaiting, loadOf, nodesOf, type Observation } from './observation';
import type { Target } from './target';

/** One thing that was looked at before an upgrade. */
export interface Check {
  /** Stable name, for scripts and for the documentation. */
  id: string;
  status: 'ok' | 'warning' | 'blocker';
  /** What was found. */
  finding: string;
  /** What to do next; absent where all is well. */
  fix?: string;
}

/** What preflight knows beyond the observation. */
export interface PreflightFacts {
  /** Name under which this engine would hold the lease. */
  holder: string;
  licensedConnections: number | undefined;
}

type Finding = Omit<Check, 'id'> | undefined;

/**
 * Everything that must hold before anything is written. All checks run, so that all blockers are known at once; a check
 * that does not apply says nothing.
 */
export function preflight(observation: Observation, target: Target, facts: PreflightFacts): Check[] {
  return Object.entries(CHECKS).flatMap(([id, check]) => {
    const finding = check(observation, target, facts);
    return finding ? [{ id, ...finding }] : [];
  });
}

export function blockers(checks: readonly Check[]): Check[] {
  return checks.filter((check) => check.status === 'blocker');
}

const ok = (finding: string): Finding => ({ status: 'ok', finding });
const warning = (finding: string, fix: string): Finding => ({ status: 'warning', finding, fix });
const blocker = (finding: string, fix: string): Finding => ({ status: 'blocker', finding, fix });

type CheckFunction = (observation: Observation, target: Target, facts: PreflightFacts) => Finding;

const CHECKS: Record<string, CheckFunction> = {
  lease({ cluster }, _target, { holder }) {
    const { lease } = cluster;
    if (!lease?.live || lease.holder === holder) return undefined;
    return blocker(
      `${lease.holder} has been upgrading this cluster since ${new Date(lease.acquiredAt).toISOString()}`,
      'wait for it, or stop it there; a run whose process is gone is free after 30 s',
    );
  },

  'open-run'({ cluster }, target) {
    if (!isOpen(cluster.journal) || cluster.journal.target === target.digest) return undefined;
    return blocker(
      `a run to version ${cluster.journal.to.version} is in phase "${cluster.journal.phase}"`,
      `finish it first: ask for version ${cluster.journal.to.version} again`,
    );
  },

  'blue-green'({ cluster }, target) {
    const strategy = target.desired.spec.blueGreenUpdate?.evacuationStrategy;
    if (!cluster.resource.spec.blueGreenUpdate || !target.desired.spec.blueGreenUpdate) {
      return blocker(
        'spec.blueGreenUpdate is absent: the operator would restart the nodes in place',
        'give blueGreenUpdate with an evacuationStrategy, apply it while nothing else changes, then upgrade',
      );
    }
    if (!strategy?.connEvictRate || !strategy.sessEvictRate || !strategy.waitTakeover) {
      return blocker(
        'spec.blueGreenUpdate.evacuationStrategy lacks a rate or waitTakeover',
        'set connEvictRate, sessEvictRate and waitTakeover, each at least 1: without them the evacuation never begins or waits 60 s',
      );
    }
    return ok(`at most ${target.caps.connections} disconnects/s in the whole cluster`);
  },

  template({ cluster }, target) {
    if (isWaiting(cluster)) {
      if (target.applied) return undefined;
      const version = versionOf(target.live);
      return blocker(
        `the operator is held behind new nodes of another template (version ${version})`,
        `ask for version ${version} as it was applied, or set the template back first`,
      );
    }
    return target.applied
      ? blocker('the pod template is the wanted one already', 'nothing to upgrade: apply what else differs as usual')
      : undefined;
  },

  version(_observation, target) {
    const from = coerce(versionOf(target.live));
    const to = coerce(versionOf(target.desired));
    if (!from || !to || !gt(from, to)) return undefined;
    return blocker(
      `version ${versionOf(target.desired)} is older than ${versionOf(target.live)}`,
      'a downgrade is not an upgrade backwards: EMQX does not promise to read newer data; ask for a version that is not older',
    );
  },

  replicas(_observation, target) {
    if (target.live.spec.replicas === target.desired.spec.replicas) return undefined;
    return blocker(
      `replicas change from ${target.live.spec.replicas} to ${target.desired.spec.replicas} in the same step`,
      'scale first and wait for Running, then upgrade: sets of different size make the operator mistake new nodes for old',
    );
  },

  metadata(_observation, target) {
    if (target.metadataChanges.length === 0) return undefined;
    return blocker(
      `labels or annotations of the resource change: ${target.metadataChanges.map((change) => change.path).join(', ')}`,
      'keep them as they are: a label orphans the running nodes, an annotation is an upgrade of its own',
    );
  },

  immutable(_observation, target) {
    const fields = immutableFields(target.live, target.desired);
    if (fields.length === 0) return undefined;
    return blocker(`fields that cannot change differ: ${fields.join(', ')}`, 'set them to what the cluster has');
  },

  status({ cluster }) {
    const { status, spec } = cluster.resource;
    if (isWaiting(cluster)) return ok('the operator is held behind the new nodes');
    if (status?.blueGreenUpdateStatus) {
      return blocker(
        'an upgrade is under way already (status.blueGreenUpdateStatus is set)',
        'wait until it has ended',
      );
    }
    const first = status?.conditions?.[0];
    if (first?.type !== 'Running' || first.status !== 'True' || status?.readyReplicas !== spec.replicas) {
      return blocker(
        `the cluster is not Running with ${spec.replicas} ready nodes (${first?.type ?? 'no condition'}: ${first?.status ?? '-'}, ready: ${status?.readyReplicas ?? 0})`,
        'bring it to rest first: kubectl get emqxenterprise, pods and events tell what it waits for',
      );
    }
    return ok(`Running, ${status?.readyReplicas} of ${spec.replicas} nodes ready`);
  },

  'stateful-sets'({ cluster }) {
    const active = cluster.sets.filter((set) => set.replicas > 0);
    if (active.length === 1) return ok(`one stateful set: ${active[0]!.name}`);
    if (isWaiting(cluster))
      return ok(`two stateful sets, and the operator held: ${blueOf(cluster)?.name} is the running one`);
    return blocker(
      active.length === 0
        ? 'no stateful set of the cluster has replicas'
        : `more than one stateful set has replicas: ${active.map((set) => set.name).join(', ')}`,
      'exactly one set must run before an upgrade; scale what an earlier upgrade left behind to 0 once nobody is connected there',
    );
  },

  traffic({ cluster }, target) {
    if (target.driver !== 'pilot') return undefined;
    if (cluster.traffic.length === 0) {
      return blocker(
        'no traffic Service of its own leads to this cluster; the operator’s Service sends devices back to nodes that are being emptied',
        `add a Service with the label emqx-blue-green/traffic-for: ${cluster.resource.metadata.name} (construct: service: MqttService.nodePort(…))`,
      );
    }
    const dead = cluster.traffic.filter((service) => service.pods.length === 0);
    if (dead.length > 0) {
      return blocker(
        `no ready pod is behind ${dead.map((service) => service.service).join(', ')}`,
        'check the selector of the Service against the labels of the pods',
      );
    }
    return ok(`devices enter by ${cluster.traffic.map((service) => service.service).join(', ')}`);
  },

  nodes(observation) {
    const nodes = [...observation.nodes.values()];
    const silent = nodes.filter((node) => node.unreachable !== undefined);
    if (silent.length > 0) {
      return blocker(
        `the management API does not answer: ${silent.map((node) => `${node.pod}: ${node.unreachable}`).join('; ')}`,
        'check the pods and the credentials in the Secret <cluster>-bootstrap-user',
      );
    }
    const lame = nodes.filter((node) => !node.canEvacuate);
    if (lame.length > 0) {
      return blocker(
        `the evacuation API is absent on ${lame.map((node) => node.pod).join(', ')}`,
        'load the plugins emqx_eviction_agent and emqx_node_rebalance (EMQX Enterprise 4.4.12 or newer)',
      );
    }
    const busy = nodes.filter((node) => node.evacuating);
    if (busy.length > 0) {
      return blocker(
        `an evacuation is on already on ${busy.map((node) => node.pod).join(', ')}`,
        'stop it there (POST /api/v4/load_rebalance/<node>/evacuation/stop), then ask again',
      );
    }
    return nodes.length > 0 ? ok(`${nodes.length} nodes answer and can be evacuated`) : undefined;
  },

  license(observation, _target, { licensedConnections }) {
    const blue = blueOf(observation.cluster);
    if (licensedConnections === undefined || !blue) return undefined;
    const { connections } = loadOf(observation, blue.name);
    const text = `${connections} of ${licensedConnections} licensed connections in use`;
    if (connections >= licensedConnections) {
      return blocker(text, 'devices could not come back: extend the license first');
    }
    if (connections > 0.9 * licensedConnections) {
      return warning(text, 'devices that reconnect while the old connection is still counted may be refused');
    }
    return ok(text);
  },

  cap(observation, target) {
    const blue = blueOf(observation.cluster);
    const count = blue ? nodesOf(observation, blue.name).length : 0;
    const cap = Math.min(target.caps.connections, target.caps.sessions);
    if (!Number.isInteger(target.caps.connections) || target.caps.connections < 1) {
      return blocker(
        `the storm cap (${target.caps.connections}) is no whole number of at least 1`,
        'give a rate per second',
      );
    }
    if (cap > 0 && count > cap) {
      return warning(
        `${count} nodes share a cap of ${cap} per second`,
        `they are emptied in waves of ${cap}; raise the cap to empty them all at once`,
      );
    }
    return undefined;
  },

  driver({ cluster }, target) {
    if (target.driver === 'pilot') return undefined;
    if (cluster.resource.spec.replicas! > 10) {
      return blocker(
        `the operator driver cannot upgrade ${cluster.resource.spec.replicas} replicas: the operator sorts pods by name and removes pod 10 before it is empty`,
        'use the pilot driver',
      );
    }
    const text =
      'left alone, the operator scales nodes away before they are evacuated: in every measured upgrade all persistent sessions were lost, and devices were dropped many times faster than asked';
    return target.acceptLoss
      ? warning(text, 'use the pilot driver')
      : blocker(text, 'use the pilot driver, or accept the loss explicitly');
  },
};
