import { acceptedPerSecond, usable } from '../accept-rate';
import { nextRate } from '../adaptive-pace';
import { currentRate } from '../adaptive-rate';
import { devicesAway } from '../devices-away';
import type { Journal } from '../journal';
import { nodesOf, podsOf } from '../observation';
import type { NodeLoad, NodeShare } from '../pacing';
import { apportion } from '../pacing';
import type { Situation } from '../step';
import { moveOf, silentNodes } from './common';
import { raisedTo } from './raise';
import { remainingLoads } from './shares';

/** The least rate of an evacuation: each of its nodes evicts at least one device per second, if the cap allows that. */
export function leastRate({ observation, journal }: Situation, source: string): number {
  return Math.min(journal.connectionCap, Math.max(1, nodesOf(observation, source).length));
}

/** The highest rate that is tried: the cap, or what the nodes that take the devices accept by the settings of their listeners. */
export function highestRate(situation: Situation): number {
  const { cluster } = situation.observation;
  const { target } = moveOf(situation);
  const staying = podsOf(cluster, target?.name ?? '').filter(({ terminating }) => !terminating);
  const accepted = acceptedPerSecond(cluster, staying.length);
  return Math.min(
    situation.journal.connectionCap,
    accepted === undefined ? Number.POSITIVE_INFINITY : usable(accepted),
  );
}

/** Whether no more are disconnected until more have reconnected. */
export function isHalted({ pacing, adaptive }: Journal): boolean {
  return pacing === 'adaptive' && adaptive?.haltedAt !== undefined;
}

/**
 * What is noted when the rate follows what reconnects; undefined where it stays as it is, and where it is fixed.
 *
 * @param takes whether the other set can take devices: without it the rate is not raised, and a halt does not end
 */
export function adaptedRate(situation: Situation, takes: boolean): Partial<Journal> | undefined {
  const { journal, observation, reconnects } = situation;
  const { adaptive, returnMs } = journal;
  if (journal.pacing !== 'adaptive' || !adaptive) return undefined;
  const { source } = moveOf(situation);
  if (nodesOf(observation, source).some((node) => node.unreachable !== undefined)) return undefined;
  const loads = remainingLoads(situation, source).filter(({ connections }) => connections > 0);
  if (loads.length === 0) return undefined;
  const { haltedAt } = adaptive;
  const isSilent = silentNodes(situation).length > 0;
  const adapted = nextRate(
    { ...adaptive, perSecond: currentRate(journal) },
    {
      at: observation.at,
      cap: highestRate(situation),
      least: leastRate(situation, source),
      away: devicesAway(situation),
      ...reconnects,
      returnMs,
      isSilent,
    },
  );
  if (!adapted) return undefined;
  const { rate, ...learned } = adapted;
  if (rate.haltedAt !== undefined) return { adaptive: rate, raise: undefined };
  if (!takes) return undefined;
  if (haltedAt !== undefined)
    return { adaptive: rate, ...learned, shares: sharesAt(journal.shares ?? [], loads, rate.perSecond) };
  const raised = journal.restart || journal.raise ? undefined : raisedTo(situation, loads, rate.perSecond);
  return raised && { adaptive: rate, ...learned, ...raised };
}

/** The shares of nodes that all stand still. Nodes without devices keep the least share. */
function sharesAt(shares: readonly NodeShare[], loads: readonly NodeLoad[], perSecond: number): NodeShare[] {
  const moving = loads.filter(({ pod }) => shares.some((part) => part.pod === pod));
  const others = shares.length - moving.length;
  const parts = apportion(
    Math.max(moving.length, perSecond - others),
    moving.map(({ connections }) => connections),
  );
  return shares.map((part) => {
    const index = moving.findIndex(({ pod }) => pod === part.pod);
    return { ...part, connectionsPerSecond: index < 0 ? 1 : parts[index]! };
  });
}
