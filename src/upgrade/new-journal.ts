import { type EmqxResource, generationOf, type Role, versionOf, withoutHeartbeats } from '../resource';
import type { Counted, Journal, Planned } from './journal';
import { fleetOf } from './known-load';
import { withOldCount } from './node-counts';
import { blueOf, type Observation, type SetView, setOf } from './observation';
import { plan } from './plan';
import { versionOfSet } from './served-version';
import { stagesFrom } from './stages';
import { liveDigestOf, type Target } from './target';

interface Beginning {
  former?: EmqxResource | undefined;
  old?: readonly SetView[];
  mqtt31?: Counted | undefined;
}

/**
 * The journal of a run that starts. The cluster must have a set that serves.
 *
 * @param beginning.former the resource as the old nodes run it; without it the run cannot be aborted
 * @param beginning.old the sets that are replaced, in order
 * @param beginning.mqtt31 devices with MQTT 3.1; without it they were not sampled
 */
export function newJournal(observation: Observation, target: Target, beginning: Beginning = {}): Journal {
  const { cluster } = observation;
  const { former, old = oldSets(cluster), mqtt31 } = beginning;
  const known = former && generationOf(former).withDefaults(former);
  const [stage, ...later] = old.map((set) => {
    const role = set.role ?? 'core';
    // Of nodes that an operator has removed before it was held, only what the resource asked for tells.
    const before = known ? generationOf(known).replicasOf(known, role) : set.replicas;
    const from = { set: set.name, revision: set.revision ?? '' };
    return { role, ...withOldCount(wantedOf(target, role), before), from };
  });
  const { role, replicas, oldReplicas, from } = stage!; // preflight found it
  return {
    schema: 1,
    run: `${versionOf(target.desired)}-${new Date(observation.at).toISOString()}`,
    driver: target.driver,
    phase: 'claim',
    began: { claim: observation.at },
    from: {
      version: versionOfSet(observation, old[0]!) ?? versionOf(target.live),
      ...from,
      ...(former && { digest: liveDigestOf(former) }),
    },
    to: { version: versionOf(target.desired) },
    target: target.digest,
    initialDelaySeconds: target.initialDelaySeconds,
    delay: { before: delayOf(target.live), after: delayOf(target.desired) },
    replicas,
    ...(oldReplicas !== undefined && { oldReplicas }),
    ...(role !== 'core' && { role }),
    ...(later.length > 0 && { later }),
    waitTakeoverSeconds: target.waitTakeoverSeconds,
    connectionCap: target.caps.connections,
    sessionCap: target.caps.sessions,
    ...(target.pacing === 'adaptive' && { pacing: target.pacing }),
    limits: target.limits,
    backPercent: target.backPercent,
    services: cluster.traffic.filter(({ byOperator }) => !byOperator).map(({ service }) => service),
    planned: plannedFor(observation, target),
    ...(mqtt31 && { mqtt31: { before: mqtt31 } }),
    baseline: fleetOf(
      observation,
      old.map(({ name }) => name),
    ),
  };
}

function plannedFor(observation: Observation, target: Target): Planned {
  const { lowerBoundMs, evacuateMs, estimateMs, peakDisconnectsPerSecond, devicesAway } = plan(observation, target, []);
  return { lowerBoundMs, evacuateMs, estimateMs, peakDisconnectsPerSecond, devicesAway };
}

/** Number of new nodes of a role. */
function wantedOf({ desired }: Target, role: Role): number {
  return generationOf(desired).replicasOf(desired, role);
}

/** Blue, and the oldest sets of the roles after its own. */
function oldSets(cluster: Observation['cluster']): SetView[] {
  const blue = blueOf(cluster);
  return blue ? stagesFrom(cluster, blue).flatMap(({ from }) => setOf(cluster, from.set) ?? []) : [];
}

/** As its owner has given it: a runner shows by a hold what becomes of the upgrade. */
function delayOf(resource: EmqxResource): number {
  return withoutHeartbeats(generationOf(resource).delayOf(resource) ?? 0);
}
