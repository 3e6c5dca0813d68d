import { type EmqxResource, generationOf, versionOf, withVersion } from '../resource';
import { stageOf } from '../sandbox/stage';
import { DEFAULT_SHARES, type DeviceShare, deviceFleet } from '../simulator/clients/device-fleet';
import { presetOf } from '../simulator/clients/device-presets';
import { serviceAlone } from '../simulator/comparison';
import { type RunReport, runReport } from '../simulator/run-report';
import { play } from '../simulator/scenario';
import { UnfitManifestError } from '../simulator/unfit-manifest-error';
import { type DeviceSample, UpgradeError, type UpgradePlan, type UpgradeRequest } from '../upgrade';
import { nodesWanted } from '../upgrade/observation';
import { MOST_REPLICAS } from './local-cluster';
import type { Shell } from './shell';
import { SimulationProgress } from './simulation-progress';

/** More devices are simulated as so many, at a rate that is as much lower. */
const MOST_CLIENTS = 100_000;
/** One for all: equal plans have equal simulations. */
const SEED = 1;

/** A planned upgrade as the simulator plays it. */
export interface PlanSimulation {
  /** Devices of the cluster for each simulated one. */
  scale: number;
  /** Whether what devices asked for was sampled: else they are those of a simulation by default. */
  isSampled: boolean;
  report: RunReport;
}

/** Why a planned upgrade is not simulated. */
export interface NotSimulated {
  notSimulated: string;
}

/** What is planned, and for which devices. */
export interface Planned {
  live: EmqxResource;
  request: UpgradeRequest;
  plan: UpgradePlan;
  devices: DeviceSample | null | undefined;
  /** Their libraries, which no cluster knows. @default - those of a simulation by default */
  shares?: readonly DeviceShare[] | undefined;
}

/**
 * Plays a planned upgrade in virtual time: with the resource, the rates, the number of devices and what these asked for as in the
 * cluster. Reads and writes nothing there.
 */
export async function simulatePlan(
  { live, request, plan, devices, shares = DEFAULT_SHARES }: Planned,
  shell: Pick<Shell, 'out' | 'err'>,
  isText: boolean,
  mostClients = MOST_CLIENTS,
): Promise<PlanSimulation | NotSimulated> {
  const { connections, offlineSessions, capPerSecond, driver, checks } = plan;
  if (checks.some(({ status }) => status === 'blocker')) return { notSimulated: 'something prevents the upgrade' };
  // What remains of it cannot be played: the simulated devices would be where they were before.
  if (checks.some(({ id }) => id === 'open-run')) return { notSimulated: 'an upgrade is open, and has begun already' };
  if (connections === null || offlineSessions === null) return { notSimulated: 'not all nodes report their devices' };
  if (nodesWanted(live) > MOST_REPLICAS) return { notSimulated: `only up to ${MOST_REPLICAS} nodes are simulated` };
  const scale = Math.max(1, (connections + offlineSessions) / mostClients);
  const scaled = (value: number) => Math.round(value / scale);
  const before = beforeIt(live, plan);
  if (!before) return { notSimulated: 'the new nodes that wait have the same version as the old ones' };
  const stage = stageOf({ cluster: atRates(before, scaled), objects: [] });
  const { limits } = request;
  const budget = limits?.offlineBudget;
  const progress = new SimulationProgress(shell, isText);
  try {
    const result = await play({
      seed: SEED,
      cluster: stage.cluster,
      objects: stage.objects,
      desired: atRates(request.desired, scaled),
      driver,
      acceptDowngrade: request.acceptDowngrade ?? false,
      stormCap: Math.max(1, scaled(capPerSecond)),
      pacing: request.pacing,
      limits: { ...limits, ...(typeof budget === 'number' && { offlineBudget: Math.max(1, scaled(budget)) }) },
      service: driver === 'pilot' ? stage.entry : serviceAlone(stage.cluster, stage.entry),
      fleet: [
        ...deviceFleet(asSampled(shares, devices), scaled(connections), 0),
        ...deviceFleet(shares, 0, scaled(offlineSessions)),
      ],
      connectPerSecond: Math.max(1_000, scaled(connections) / 20),
      progress: (event) => progress.see(event, 'as planned'),
    });
    return { scale, isSampled: Boolean(devices), report: runReport(result.upgrade, result) };
  } catch (error) {
    if (error instanceof UnfitManifestError) return { notSimulated: error.message };
    if (error instanceof UpgradeError)
      return { notSimulated: `in the simulation it stopped: ${onOneLine(error.reason)}` };
    throw error;
  } finally {
    progress.end();
  }
}

/**
 * The resource as it was before somebody applied the template that is planned, as far as that is known: with the version of the old
 * nodes. Undefined where that is no other one, and nothing says what else was different.
 */
function beforeIt(live: EmqxResource, { from, newPods }: UpgradePlan): EmqxResource | undefined {
  if (versionOf(live) !== from.version) return withVersion(live, from.version);
  return newPods ? undefined : live;
}

function onOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}

/** The resource with these rates of evacuation. */
function atRates<Resource extends EmqxResource>(resource: Resource, scaled: (value: number) => number): Resource {
  const { strategyOf, strategyPath } = generationOf(resource);
  const strategy = strategyOf(resource);
  if (!strategy) return resource;
  const rate = (value: number | undefined) => (value === undefined ? undefined : Math.max(1, scaled(value)));
  const { connEvictRate, sessEvictRate } = strategy;
  const field = strategyPath.replace(/^spec\./, '');
  const spec = resource.spec as unknown as Record<string, object | undefined>;
  const evacuationStrategy = { ...strategy, connEvictRate: rate(connEvictRate), sessEvictRate: rate(sessEvictRate) };
  return { ...resource, spec: { ...spec, [field]: { ...spec[field], evacuationStrategy } } };
}

/** Shares and protocols are brought together step by step; after so many steps nothing changes any more. */
const FITTING_STEPS = 100;

interface Part {
  share: DeviceShare;
  protocolVersion: 4 | 5;
  percent: number;
}

/**
 * The shares, divided by what devices asked for where that is known: MQTT 5 or not, and a session or none. Which library asked for what
 * is not known: the percentages stay as they are where the sample allows it, and each is divided as evenly as both allow.
 */
export function asSampled(shares: readonly DeviceShare[], devices: DeviceSample | null | undefined): DeviceShare[] {
  const shareOf = (estimate: number | undefined) =>
    devices && estimate !== undefined ? Math.min(1, estimate / devices.connections) : undefined;
  const mqtt5 = shareOf(devices?.mqtt5?.estimate);
  const sessionless = shareOf(devices?.sessionless?.estimate);
  const parts = shares.flatMap((share): Part[] => {
    const levels = share.protocolVersion ? [share.protocolVersion] : presetOf(share.devices).protocols;
    return levels.map((protocolVersion) => ({ share, protocolVersion, percent: share.percent / levels.length }));
  });
  return (mqtt5 === undefined ? parts : fitted(parts, mqtt5))
    .map(({ share, protocolVersion, percent }): DeviceShare => ({ ...share, protocolVersion, percent }))
    .flatMap((part) => {
      if (sessionless === undefined || part.persistent !== undefined) return [part];
      return [
        { ...part, percent: part.percent * sessionless },
        { ...part, percent: part.percent * (1 - sessionless), persistent: true },
      ];
    })
    .filter(({ percent }) => percent > 0);
}

/**
 * The parts with this share of MQTT 5, and with the percentages of their libraries as far as that allows: proportional fitting. Where all
 * speak one protocol, they stay as they are.
 */
function fitted(parts: readonly Part[], mqtt5: number): readonly Part[] {
  const levels = new Set(parts.map(({ protocolVersion }) => protocolVersion));
  if (levels.size < 2) return parts;
  let result = parts;
  for (let step = 0; step < FITTING_STEPS; step++) {
    result = scaledTo(
      result,
      ({ share }) => share,
      ({ percent }) => percent,
    );
    result = scaledTo(
      result,
      ({ protocolVersion }) => protocolVersion,
      (level) => 100 * (level === 5 ? mqtt5 : 1 - mqtt5),
    );
  }
  return result;
}

/** The parts in groups whose percentages have these sums. */
function scaledTo<Key>(
  parts: readonly Part[],
  keyOf: (part: Part) => Key,
  wanted: (key: Key) => number,
): readonly Part[] {
  const sums = new Map<Key, number>();
  for (const part of parts) sums.set(keyOf(part), (sums.get(keyOf(part)) ?? 0) + part.percent);
  return parts.map((part) => {
    const sum = sums.get(keyOf(part))!;
    return sum > 0 ? { ...part, percent: (part.percent * wanted(keyOf(part))) / sum } : part;
  });
}
