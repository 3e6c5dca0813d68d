import { immutableFields, versionOf } from '../resource';
import { admissionCheck } from './admission-check';
import { blocker, type Check, type CheckGroup, type Finding, ok, warning } from './check';
import { downgradeOf } from './downgrade';
import { foreignLease } from './foreign-lease';
import { isOpen } from './journal';
import { knownLoadOfSet } from './known-load';
import { licenseCheck } from './license-check';
import {
  activeSets,
  blueOf,
  type ClusterView,
  isGreenWanted,
  isNative,
  isWaiting,
  lostPods,
  nodesOf,
  type Observation,
  type OperatorView,
} from './observation';
import { curesOf } from './obstacle';
import { openRunAdvice, openRunText } from './open-run';
import { operatorCheck } from './operator-check';
import { otherWaysCheck } from './other-ways-check';
import { podSecurityCheck } from './pod-security-check';
import type { Refusal, Surroundings } from './ports';
import { quotaCheck } from './quota-check';
import type { Target } from './target';
import { noTraffic } from './traffic-check';

/** What preflight knows beyond the observation. */
export interface PreflightFacts extends Surroundings {
  /** Name under which this engine would hold the lease. */
  holder: string;
  licensedConnections: number | undefined;
  /** Undefined when they may not be looked at. */
  operators: readonly OperatorView[] | undefined;
  missingRights: readonly string[];
  /** What the API server does not take of what an upgrade writes; undefined where it was not tried. */
  refusals: readonly Refusal[] | undefined;
}

/**
 * Everything that must hold before anything is written. All checks run, so that all blockers are known at once; a check
 * that does not apply says nothing.
 */
export function preflight(observation: Observation, target: Target, facts: PreflightFacts): Check[] {
  return Object.entries(CHECKS).flatMap(([group, checks]) =>
    Object.entries(checks).flatMap(([id, check]) => {
      const finding = check(observation, target, facts);
      return finding ? [{ id, group: group as CheckGroup, ...finding }] : [];
    }),
  );
}

/** The one check there is when the cluster may not even be looked at; none when nothing is missing. */
export function accessCheck(missingRights: readonly string[]): Check[] {
  const finding = access(missingRights);
  return finding ? [{ id: 'access', group: 'cluster', ...finding }] : [];
}

export function blockers(checks: readonly Check[]): Check[] {
  return checks.filter((check) => check.status === 'blocker');
}

type CheckFunction = (observation: Observation, target: Target, facts: PreflightFacts) => Finding;

/** The operator looks every 20 s; errors make it wait longer each time. */
const SILENT_MS = 60_000;

/** What has the cluster's label and is not the cluster's; empty where there is nothing. */
function foreignSets({ foreign }: ClusterView): string {
  if (foreign.length === 0) return '';
  const names = foreign.map(({ name, owner }) => `${name} (${owner ? `of ${owner}` : 'of nobody'})`);
  return `; not of this cluster, and left alone: ${names.join(', ')}`;
}

/** For how long the operator has not looked at the cluster; undefined where its status does not say. */
function operatorSilentMs({ at, cluster }: Observation): number | undefined {
  const looked = Date.parse(cluster.resource.status?.conditions?.[0]?.lastUpdateTime ?? '');
  return Number.isNaN(looked) ? undefined : at - looked;
}

/** Whether it is seen to reconcile this cluster, whatever it is called. */
function isFresh(observation: Observation): boolean {
  const silentMs = operatorSilentMs(observation);
  return isWaiting(observation.cluster) || (silentMs !== undefined && silentMs <= SILENT_MS);
}

function access(missingRights: readonly string[]): Finding {
  if (missingRights.length === 0) return undefined;
  return blocker(
    `not allowed: ${missingRights.join(', ')}`,
    'apply what the construct UpgradeAccess renders, or ask as somebody who may',
  );
}

const CHECKS: Record<CheckGroup, Record<string, CheckFunction>> = {
  cluster: {
    access(_observation, _target, { missingRights }) {
      return access(missingRights) ?? ok('everything an upgrade does is allowed');
    },

    admission(_observation, _target, { refusals }) {
      return admissionCheck(refusals);
    },

    quota({ cluster }, target, { quotas }) {
      // The new nodes are there already, or refused with a reason.
      if (activeSets(cluster).length > 1) return undefined;
      return quotaCheck(quotas, target.desired, blueOf(cluster));
    },

    'pod-security'({ cluster }, _target, { podSecurity }) {
      if (activeSets(cluster).length > 1) return undefined;
      return podSecurityCheck(podSecurity);
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
      if (target.driver === 'operator')
        return ok('blueGreenUpdate has its rates; the operator keeps them node by node');
      const cap = isOpen(cluster.journal) ? cluster.journal.connectionCap : target.caps.connections;
      return ok(`at most ${cap} disconnects/s in the whole cluster`);
    },

    status({ cluster }, target) {
      const { status, spec } = cluster.resource;
      // What a run is in the middle of is no state to be judged: open-run says what it is.
      if (isOpen(cluster.journal)) return undefined;
      if ((isWaiting(cluster) || isNative(cluster)) && !isGreenWanted(cluster)) {
        return blocker(
          `spec.template (version ${versionOf(cluster.resource)}) is not what the new nodes were made of: it was set back, or changed again`,
          '`emqx-blue-green rescue` finds out which nodes shall stay, and brings devices back to them where a cure is proven',
        );
      }
      if (isWaiting(cluster)) return ok('the operator is held behind the new nodes');
      if (isNative(cluster)) {
        const lost = lostPods(cluster);
        if (target.driver !== 'pilot' || lost > 0) {
          return blocker(
            lost > 0
              ? `the operator upgrades on its own and has removed ${lost} of ${spec.replicas} old pods`
              : 'the operator upgrades on its own',
            'it cannot be taken over any more: wait until it has ended, then look at the cluster again',
          );
        }
        return warning(
          'the operator upgrades on its own, and no old pod is removed yet',
          'ask for the version it upgrades to: the operator is held at once, and the upgrade taken over',
        );
      }
      if (status?.blueGreenUpdateStatus) {
        return blocker(
          'the status tells of an upgrade that the stateful sets do not show (status.blueGreenUpdateStatus is set)',
          'wait until the operator has looked again',
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
      const active = activeSets(cluster);
      const others = foreignSets(cluster);
      if (active.length === 1) return ok(`one stateful set: ${active[0]!.name}${others}`);
      if (active.length === 2)
        return ok(
          `two stateful sets: ${blueOf(cluster)?.name} is the running one, the other one is being built${others}`,
        );
      if (active.length === 0) {
        return blocker(
          `no stateful set of the cluster has replicas${others}`,
          'the operator makes it: wait until the cluster is Running; where nothing comes, the operator’s log tells why',
        );
      }
      return blocker(
        `more than two stateful sets have replicas: ${active.map((set) => set.name).join(', ')}`,
        'one set must run before an upgrade; scale what an earlier upgrade left behind to 0 once nobody is connected there',
      );
    },
  },

  operator: {
    operator(observation, _target, { operators }) {
      return operatorCheck(operators, isFresh(observation));
    },

    'operator-looks'(observation) {
      // Held behind new nodes it does not look by itself.
      if (isWaiting(observation.cluster)) return undefined;
      const silentMs = operatorSilentMs(observation);
      if (silentMs === undefined) return undefined;
      if (silentMs <= SILENT_MS) return ok(`it last looked ${Math.max(0, Math.round(silentMs / 1000))} s ago`);
      return blocker(
        `the operator has not looked at the cluster for ${Math.round(silentMs / 1000)} s; at rest it does every 20 s`,
        'look at its log: it hangs for minutes on addresses of dead pods, and errors make it wait longer each time; restarting its pod helps. If it does look: compare this machine’s clock with the cluster’s',
      );
    },
  },

  traffic: {
    traffic({ cluster }, target) {
      if (target.driver !== 'pilot') return undefined;
      if (cluster.traffic.length === 0) return noTraffic(cluster.resource);
      const dead = cluster.traffic.filter((service) => service.pods.length === 0);
      if (dead.length > 0) {
        return blocker(
          `no ready pod is behind ${dead.map((service) => service.service).join(', ')}`,
          'check the selector of the Service against the labels of the pods',
        );
      }
      const foreign = new Set(cluster.foreign.flatMap(({ pods }) => pods));
      const shared = cluster.traffic.filter(({ pods }) => pods.some((pod) => foreign.has(pod)));
      if (shared.length > 0) {
        return warning(
          `${shared.map(({ service }) => service).join(', ')} leads devices to pods of another owner, too${foreignSets(cluster)}`,
          'give these pods other labels, or the Service a selector that they do not have; the upgrade leaves them alone',
        );
      }
      const names = cluster.traffic.map((service) => service.service).join(', ');
      return cluster.traffic.some(({ byOperator }) => byOperator)
        ? ok(
            `devices enter by ${names}, the operator’s own Service: its Endpoints are written while the operator is held`,
          )
        : ok(`devices enter by ${names}`);
    },

    'other-ways'({ cluster }, { driver }, { bypasses }) {
      return driver === 'pilot' ? otherWaysCheck(bypasses, cluster.resource.metadata.name) : undefined;
    },
  },

  nodes: {
    nodes(observation, target) {
      const nodes = [...observation.nodes.values()];
      const silent = nodes.filter((node) => node.unreachable !== undefined);
      if (silent.length > 0) {
        return blocker(
          `the management API does not answer: ${silent.map((node) => `${node.pod}: ${node.unreachable}`).join('; ')}`,
          curesOf(silent),
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
      const { cluster } = observation;
      const isMeant = isOpen(cluster.journal) || (isNative(cluster) && target.driver === 'pilot');
      if (busy.length > 0 && !isMeant) {
        return blocker(
          `an evacuation is on already on ${busy.map((node) => node.pod).join(', ')}`,
          activeSets(cluster).length === 1
            ? 'it is left from an earlier upgrade, and kept on the data volume: `emqx-blue-green rescue` stops it'
            : 'wait until the operator has ended its upgrade, then look again',
        );
      }
      return nodes.length > 0 ? ok(`${nodes.length} nodes answer and can be evacuated`) : undefined;
    },

    license(observation, _target, { licensedConnections }) {
      const blue = blueOf(observation.cluster);
      if (licensedConnections === undefined || !blue) return undefined;
      return licenseCheck(knownLoadOfSet(observation, blue.name).connections, licensedConnections);
    },
  },

  run: {
    lease({ cluster }, _target, { holder }) {
      const foreign = foreignLease(cluster.lease, holder, 'this cluster');
      return foreign && blocker(foreign.finding, foreign.fix);
    },

    'open-run'({ cluster }, target) {
      const { journal } = cluster;
      if (!isOpen(journal)) return undefined;
      const [finding, fix] = [openRunText(cluster, journal), openRunAdvice(cluster)];
      if (journal.aborted || journal.target === target.digest) return warning(finding, fix);
      return blocker(finding, `finish it first: ${fix}`);
    },
  },

  change: {
    template({ cluster }, target) {
      if (isOpen(cluster.journal)) return undefined;
      if (isWaiting(cluster) || isNative(cluster)) {
        if (target.applied) return undefined;
        const version = versionOf(target.live);
        return blocker(
          `the operator makes new nodes of another template (version ${version})`,
          `ask for version ${version} as it was applied, or set the template back first`,
        );
      }
      return target.applied
        ? blocker('the pod template is the wanted one already', 'nothing to upgrade: apply what else differs as usual')
        : undefined;
    },

    version(_observation, target) {
      const downgrade = downgradeOf(versionOf(target.live), versionOf(target.desired));
      if (!downgrade) return undefined;
      const { finding, fix, isWithinLine } = downgrade;
      if (!isWithinLine || !target.acceptDowngrade) return blocker(finding, fix);
      return warning(
        `${finding}: the downgrade is accepted`,
        'EMQX does not promise to read newer data: look at what devices get of the first node',
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

    cap(observation, target) {
      const blue = blueOf(observation.cluster);
      const count = blue ? nodesOf(observation, blue.name).length : 0;
      if (!target.desired.spec.blueGreenUpdate) return undefined; // no rate is asked for, as another check says
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
  },
};

/** Names of all checks, in their order. */
export const CHECK_IDS: readonly string[] = Object.values(CHECKS).flatMap((checks) => Object.keys(checks));
