import { type EmqxResource, generationOf, versionOf, withoutHeartbeats } from '../resource';
import type { Journal, Planned } from './journal';
import { fleetOf } from './known-load';
import { blueOf, type Observation } from './observation';
import { plan } from './plan';
import { servedVersion } from './served-version';
import { stagesFrom } from './stages';
import { digestOf, type Target } from './target';

/** The journal of a run that starts. The cluster must have a set that serves. */
export function newJournal(observation: Observation, target: Target): Journal {
  const { cluster } = observation;
  const blue = blueOf(cluster)!; // preflight found it
  const [first, ...later] = stagesFrom(cluster, blue);
  const { role, replicas, from } = first!; // blue is in one of them
  return {
    schema: 1,
    run: `${versionOf(target.desired)}-${new Date(observation.at).toISOString()}`,
    driver: target.driver,
    phase: 'claim',
    began: { claim: observation.at },
    from: {
      version: servedVersion(observation),
      ...from,
      ...(!target.applied && { digest: digestOf(target.live) }),
    },
    to: { version: versionOf(target.desired) },
    target: target.digest,
    initialDelaySeconds: target.initialDelaySeconds,
    delay: { before: delayOf(target.live), after: delayOf(target.desired) },
    replicas,
    ...(role !== 'core' && { role }),
    ...(later.length > 0 && { later }),
    waitTakeoverSeconds: target.waitTakeoverSeconds,
    connectionCap: target.caps.connections,
    sessionCap: target.caps.sessions,
    limits: target.limits,
    planned: plannedFor(observation, target),
    baseline: fleetOf(observation, [from.set, ...later.map((stage) => stage.from.set)]),
  };
}

function plannedFor(observation: Observation, target: Target): Planned {
  const { lowerBoundMs, evacuateMs, estimateMs, peakDisconnectsPerSecond, devicesAway } = plan(observation, target, []);
  return { lowerBoundMs, evacuateMs, estimateMs, peakDisconnectsPerSecond, devicesAway };
}

/** As its owner has given it: a runner shows by a hold what becomes of the upgrade. */
function delayOf(resource: EmqxResource): number {
  return withoutHeartbeats(generationOf(resource).delayOf(resource) ?? 0);
}
