import { type EmqxResource, generationOf, versionOf } from '../resource';
import type { Journal } from './journal';
import { fleetOf } from './known-load';
import { blueOf, type Observation } from './observation';
import { servedVersion } from './served-version';
import { digestOf, type Target } from './target';

/** The journal of a run that starts. The cluster must have a set that serves. */
export function newJournal(observation: Observation, target: Target): Journal {
  const blue = blueOf(observation.cluster)!; // preflight found it
  return {
    schema: 1,
    run: `${versionOf(target.desired)}-${new Date(observation.at).toISOString()}`,
    driver: target.driver,
    phase: 'claim',
    began: { claim: observation.at },
    from: {
      version: servedVersion(observation),
      set: blue.name,
      revision: blue.revision ?? '',
      ...(!target.applied && { digest: digestOf(target.live) }),
    },
    to: { version: versionOf(target.desired) },
    target: target.digest,
    initialDelaySeconds: target.initialDelaySeconds,
    delay: { before: delayOf(target.live), after: delayOf(target.desired) },
    replicas: generationOf(target.live).replicasOf(target.live, 'core'),
    waitTakeoverSeconds: target.waitTakeoverSeconds,
    connectionCap: target.caps.connections,
    sessionCap: target.caps.sessions,
    limits: target.limits,
    baseline: fleetOf(observation, blue.name),
  };
}

function delayOf(resource: EmqxResource): number {
  return generationOf(resource).delayOf(resource) ?? 0;
}
