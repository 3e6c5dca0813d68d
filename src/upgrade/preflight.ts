import { generationOf } from '../resource';
import { acceptRateCheck } from './accept-rate';
import { admissionCheck } from './admission-check';
import { CHANGE_CHECKS } from './change-checks';
import { blocker, type Check, type CheckGroup, type Finding, ok, warning } from './check';
import { EMQX5_CHECKS } from './emqx5-checks';
import { extraSetsOf, extraSetsText } from './extra-sets';
import { foreignLease } from './foreign-lease';
import { isOpen } from './journal';
import { knownLoadOfSet } from './known-load';
import { licenseCheck } from './license-check';
import {
  activeSets,
  blueOf,
  type ClusterView,
  type Observation,
  olderOf,
  operatorReportOf,
  podsOf,
} from './observation';
import { curesOf } from './obstacle';
import { openRunAdvice, openRunText, rescueAdvice } from './open-run';
import { operatorCheck, operatorLineCheck } from './operator-check';
import { otherWaysCheck } from './other-ways-check';
import { podSecurityCheck } from './pod-security-check';
import type { PreflightFacts } from './preflight-facts';
import { quotaCheck } from './quota-check';
import { isNative, isWaiting } from './second-set';
import { setWord } from './set-word';
import { statusCheck } from './status-check';
import type { Target } from './target';
import { noTraffic } from './traffic-check';

/**
 * Everything that must hold before anything is written. All checks run, so that all blockers are reported together; a check
 * that does not apply reports nothing.
 */
export function preflight(observation: Observation, target: Target, facts: PreflightFacts): Check[] {
  const { emqx5 } = facts;
  return Object.entries(CHECKS).flatMap(([name, checks]) => {
    const group = name as CheckGroup;
    const found = [
      ...Object.entries(checks).map(([id, check]) => ({ id, finding: check(observation, target, facts) })),
      ...Object.entries(EMQX5_CHECKS[group] ?? {}).map(([id, check]) => ({
        id,
        finding: emqx5 && check(observation, target, emqx5),
      })),
    ];
    return found.flatMap(({ id, finding }) => (finding ? [{ id, group, ...finding }] : []));
  });
}

/** The only check when the cluster cannot even be read; none when no right is missing. */
export function accessCheck(missingRights: readonly string[]): Check[] {
  const finding = access(missingRights);
  return finding ? [{ id: 'access', group: 'cluster', ...finding }] : [];
}

export function blockers(checks: readonly Check[]): Check[] {
  return checks.filter((check) => check.status === 'blocker');
}

type CheckFunction = (observation: Observation, target: Target, facts: PreflightFacts) => Finding;

/** The operator reconciles every 20 s; errors make it wait longer each time. */
const SILENT_MS = 60_000;

/** What has the cluster's label and does not belong to it; empty where there is nothing. */
function foreignSets({ foreign }: ClusterView): string {
  if (foreign.length === 0) return '';
  const names = foreign.map(({ name, owner }) => `${name} (${owner ? `of ${owner}` : 'without owner'})`);
  return `; not part of this cluster, and left alone: ${names.join(', ')}`;
}

/** For how long the operator has not reconciled the cluster; undefined where its status does not show it. */
function operatorSilentMs({ at, cluster }: Observation): number | undefined {
  const { reconciledAt } = operatorReportOf(cluster);
  return reconciledAt === undefined ? undefined : (cluster.time ?? at) - reconciledAt;
}

/** Whether it is seen to reconcile this cluster, whatever its name. */
function isFresh(observation: Observation): boolean {
  const silentMs = operatorSilentMs(observation);
  return isWaiting(observation.cluster) || (silentMs !== undefined && silentMs <= SILENT_MS);
}

function access(missingRights: readonly string[]): Finding {
  if (missingRights.length === 0) return undefined;
  return blocker(
    `not allowed: ${missingRights.join(', ')}`,
    'apply what the construct UpgradeAccess renders, or use an account that has these rights',
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
      // The new nodes already exist, or were refused with a reason.
      if (activeSets(cluster).length > 1) return undefined;
      return target.desired.kind === 'EmqxEnterprise' ? quotaCheck(quotas, target.desired, blueOf(cluster)) : undefined;
    },

    'pod-security'({ cluster }, _target, { podSecurity }) {
      if (activeSets(cluster).length > 1) return undefined;
      return podSecurityCheck(podSecurity);
    },

    'blue-green'({ cluster }, target) {
      const { strategyOf, strategyPath } = generationOf(target.desired);
      const strategy = strategyOf(target.desired);
      const name = strategyPath.replace('spec.', '');
      if (!strategyOf(cluster.resource) || !strategy) {
        return blocker(
          `${strategyPath} is absent: the operator would restart the nodes in place`,
          `set ${name} with an evacuationStrategy, apply only that change, then upgrade`,
        );
      }
      if (!strategy.connEvictRate || !strategy.sessEvictRate || !strategy.waitTakeover) {
        return blocker(
          `${strategyPath}.evacuationStrategy lacks a rate or waitTakeover`,
          'set connEvictRate, sessEvictRate and waitTakeover, each at least 1: without them the evacuation never starts or waits 60 s',
        );
      }
      if (target.driver === 'operator') return ok(`${name} has its rates; the operator applies them node by node`);
      const cap = isOpen(cluster.journal) ? cluster.journal.connectionCap : target.caps.connections;
      return ok(`at most ${cap} disconnects/s in the whole cluster`);
    },

    status({ cluster }, target) {
      // The state in the middle of a run is not judged: open-run reports it.
      return isOpen(cluster.journal) ? undefined : statusCheck(cluster, target);
    },

    sets(observation) {
      const { cluster } = observation;
      const active = activeSets(cluster);
      const others = foreignSets(cluster);
      const noun = setWord(cluster);
      const extra = extraSetsOf(cluster);
      // With a run that leads elsewhere, open-run says what to do.
      if (extra && isOpen(cluster.journal)) return undefined;
      if (extra) return blocker(extraSetsText(observation, extra), rescueAdvice(cluster));
      if (active.length === 1) return ok(`one ${noun}: ${active[0]!.name}${others}`);
      if (active.length === 2)
        return ok(`two ${noun}s: ${blueOf(cluster)?.name} is the running one, the other one is the new one${others}`);
      if (active.length === 0) {
        return blocker(
          `no ${noun} of the cluster has replicas${others}`,
          'the operator creates it: wait until the cluster is Running; if none appears, the operator’s log shows why',
        );
      }
      if (isOpen(cluster.journal)) return undefined;
      return blocker(
        `more than two ${noun}s have replicas: ${active.map((set) => set.name).join(', ')}`,
        'one set must run before an upgrade; scale what an earlier upgrade left behind to 0 once no device is connected there',
      );
    },
  },

  operator: {
    operator(observation, _target, { operators }) {
      return operatorCheck(operators, isFresh(observation), observation.cluster.resource);
    },

    'operator-line'({ cluster }, _target, { operators }) {
      return operatorLineCheck(operators, cluster.resource);
    },

    'operator-looks'(observation) {
      // Held with new nodes in place it does not reconcile by itself.
      if (isWaiting(observation.cluster)) return undefined;
      const silentMs = operatorSilentMs(observation);
      if (silentMs === undefined) return undefined;
      if (silentMs <= SILENT_MS) return ok(`it last reconciled ${Math.max(0, Math.round(silentMs / 1000))} s ago`);
      return blocker(
        `the operator has not reconciled the cluster for ${Math.round(silentMs / 1000)} s; at rest it does so every 20 s`,
        'check its log: it hangs for minutes on addresses of dead pods, and errors make it wait longer each time; restarting its pod helps. If it does reconcile: compare this machine’s clock with the cluster’s',
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
          `${shared.map(({ service }) => service).join(', ')} routes devices to pods of another owner, too${foreignSets(cluster)}`,
          'change the labels of these pods, or the selector of the Service, so that they do not match; the upgrade leaves these pods alone',
        );
      }
      const names = cluster.traffic.map((service) => service.service).join(', ');
      return cluster.traffic.some(({ byOperator }) => byOperator)
        ? ok(
            `devices connect through ${names}, the operator’s own Service: the upgrade writes its Endpoints while the operator is held`,
          )
        : ok(`devices connect through ${names}`);
    },

    'accept-rate'({ cluster }, target) {
      return acceptRateCheck(cluster, target);
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
      const { cluster } = observation;
      const lame = nodes.filter((node) => !node.canEvacuate);
      if (lame.length > 0) {
        return blocker(
          `the evacuation API is absent on ${lame.map((node) => node.pod).join(', ')}`,
          cluster.resource.kind === 'EMQX'
            ? 'use an image of emqx/emqx-enterprise: open-source EMQX up to 5.8 has none'
            : 'load the plugins emqx_eviction_agent and emqx_node_rebalance (EMQX Enterprise 4.4.12 or newer)',
        );
      }
      const busy = nodes.filter((node) => node.evacuating);
      // Of a run whose journal was deleted, or of the operator before it was held: the new nodes take those devices.
      const isBegun = isWaiting(cluster) && busy.every(({ pod }) => oldPods(cluster).includes(pod));
      const isMeant = isOpen(cluster.journal) || ((isNative(cluster) || isBegun) && target.driver === 'pilot');
      if (busy.length > 0 && !isMeant) {
        return blocker(
          `an evacuation is already running on ${busy.map((node) => node.pod).join(', ')}`,
          activeSets(cluster).length === 1
            ? 'it is left over from an earlier upgrade, and kept on the data volume: `emqx-blue-green rescue` stops it'
            : 'wait until the operator has ended its upgrade, then check again',
        );
      }
      return nodes.length > 0 ? ok(`${nodes.length} nodes answer and can be evacuated`) : undefined;
    },

    license(observation, _target, { licensedConnections, emqx5 }) {
      if (emqx5) return undefined; // it counts sessions
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

    'open-run'(observation, target) {
      const { cluster } = observation;
      const { journal } = cluster;
      if (!isOpen(journal)) return undefined;
      const extra = extraSetsOf(cluster);
      if (extra && !cluster.lease?.live) {
        const finding = `${openRunText(cluster, journal)}; ${extraSetsText(observation, extra)}`;
        // The run stops then, too, but keeps the old nodes in the Services before.
        return (journal.aborted ? warning : blocker)(finding, openRunAdvice(cluster, journal));
      }
      const [finding, fix] = [openRunText(cluster, journal), openRunAdvice(cluster, journal)];
      if (journal.aborted || journal.target === target.digest) return warning(finding, fix);
      return blocker(finding, `finish it first: ${fix}`);
    },
  },

  change: CHANGE_CHECKS,
};

/** Names of all checks, in order. */
export const CHECK_IDS: readonly string[] = Object.entries(CHECKS).flatMap(([group, checks]) => [
  ...Object.keys(checks),
  ...Object.keys(EMQX5_CHECKS[group as CheckGroup] ?? {}),
]);

/** Of each role of which there are two sets, the pods of the old one. */
function oldPods(cluster: ClusterView): string[] {
  return (['core', 'replicant'] as const).flatMap((role) => {
    const active = activeSets(cluster, role);
    const old = active.length === 2 ? olderOf(cluster, active) : undefined;
    return old ? podsOf(cluster, old.name).map(({ name }) => name) : [];
  });
}
