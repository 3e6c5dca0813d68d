import { generationOf } from '../resource';
import type { Check } from './check';
import { type DeviceSample, sampleDevices } from './device-sample';
import { emqx5Facts } from './emqx5-facts';
import { BlockedError } from './errors';
import { blueOf, type ClusterView, type Observation } from './observation';
import { Observer } from './observe';
import { onlyReadChecks } from './only-read';
import { plan, type UpgradePlan } from './plan';
import { PortError, type Rehearsal } from './ports';
import { accessCheck, preflight } from './preflight';
import { specPatch, type Target, targetOf, type UpgradeRequest } from './target';
import type { UpgradeContext } from './upgrade-context';

/** An observation of the cluster before anything is changed. */
export interface Inspection {
  observation: Observation;
  target: Target;
  checks: Check[];
}

/**
 * Reads the cluster, and compares it with what is wanted. Writes nothing.
 *
 * @throws BlockedError without the rights to read the cluster.
 */
export async function inspect(
  context: UpgradeContext,
  wanted: UpgradeRequest | undefined,
  signal?: AbortSignal,
): Promise<Inspection> {
  const { clock, cluster, emqx, holder } = context;
  const missingRights = await cluster.missingRights(signal);
  const observation = await new Observer(clock, cluster, emqx).observe(undefined, signal).catch((error: unknown) => {
    const refused = error instanceof PortError && error.code === 'refused';
    throw refused && missingRights.length > 0 ? new BlockedError(accessCheck(missingRights)) : error;
  });
  const target = targetOf(observation.cluster, wanted ?? { desired: observation.cluster.resource });
  const { onlyRead } = generationOf(observation.cluster.resource);
  const pod = observation.cluster.pods.find((candidate) => candidate.ready);
  const [licensedConnections, operators, surroundings, refusals, emqx5] = await Promise.all([
    pod ? emqx.licensedConnections(pod.name, signal) : undefined,
    cluster.operators(signal),
    cluster.surroundings(
      observation.cluster.pods.map(({ name }) => name),
      signal,
    ),
    // A missing right is already reported.
    onlyRead || missingRights.length > 0
      ? undefined
      : cluster.rehearse(rehearsalOf(observation.cluster, target), signal),
    emqx5Facts(context, observation, signal),
  ]);
  const facts = { holder, licensedConnections, operators, missingRights, refusals, emqx5, ...surroundings };
  const checks = onlyRead ? onlyReadChecks(observation, facts) : preflight(observation, target, facts);
  return { observation, target, checks: wanted ? checks : checks.filter(({ group }) => group !== 'change') };
}

/** What an upgrade will write, as far as it is known beforehand. */
function rehearsalOf(view: ClusterView, target: Target): Rehearsal {
  const blue = blueOf(view);
  return {
    services: view.traffic.flatMap(({ service, byOperator }) => (byOperator ? [] : service)),
    revision: blue?.revision,
    set: blue?.name,
    spec: target.driver === 'pilot' ? specPatch(target, true) : {},
  };
}

/** Reads the cluster and returns what an upgrade would do. Writes nothing. */
export async function planUpgrade(
  context: UpgradeContext,
  request: UpgradeRequest,
  signal?: AbortSignal,
): Promise<UpgradePlan> {
  const { observation, target, checks } = await inspect(context, request, signal);
  return plan(observation, target, checks);
}

/** What belongs to a sample of the devices; null where no node lists any. */
type WithDevices<T> = T & { devices: DeviceSample | null };

/** The same, and what the devices are that are moved, by one look at the cluster. */
export async function planWithDevices(
  context: UpgradeContext,
  request: UpgradeRequest,
  signal?: AbortSignal,
): Promise<WithDevices<{ plan: UpgradePlan }>> {
  const { observation, target, checks } = await inspect(context, request, signal);
  const devices = (await sampleDevices(context, observation, signal)) ?? null;
  return { plan: plan(observation, target, checks), devices };
}

/**
 * Everything that must hold before an upgrade. Writes nothing.
 *
 * @param request what is wanted; without it the checks of the change are omitted.
 */
export async function checkUpgrade(
  context: UpgradeContext,
  request: UpgradeRequest | undefined,
  signal?: AbortSignal,
): Promise<Check[]> {
  try {
    return (await inspect(context, request, signal)).checks;
  } catch (error) {
    return blockersIn(error);
  }
}

/** The same, and a sample of the devices, by one look at the cluster. */
export async function checkWithDevices(
  context: UpgradeContext,
  request: UpgradeRequest | undefined,
  signal?: AbortSignal,
): Promise<WithDevices<{ checks: Check[] }>> {
  try {
    const { observation, checks } = await inspect(context, request, signal);
    return { checks, devices: (await sampleDevices(context, observation, signal)) ?? null };
  } catch (error) {
    return { checks: blockersIn(error), devices: null };
  }
}

function blockersIn(error: unknown): Check[] {
  if (error instanceof BlockedError) return error.blockers;
  throw error;
}
