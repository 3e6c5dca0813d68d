import { goBackAdvice } from './downgrade';
import { extraSetsOf } from './extra-sets';
import type { Journal } from './journal';
import { type ClusterView, setOf } from './observation';

/** The open run in one sentence: its version, phase, cap, and the process that drives it. */
export function openRunText({ lease }: ClusterView, journal: Journal): string {
  const { from, to, phase, driver, connectionCap, aborted, paused } = journal;
  const parts = [
    `an upgrade from ${from.version} to ${to.version} is open, in phase ${phase}`,
    ...(aborted ? ['aborted and rolling back'] : []),
    ...(paused ? ['paused'] : []),
    driver === 'pilot' ? `at most ${connectionCap} disconnects/s in the whole cluster` : 'by the operator alone',
    lease?.live ? `driven by ${lease.holder}` : 'and no process drives it now',
  ];
  return parts.join(', ');
}

/** The command that continues where a run leads elsewhere than the operator. */
export function rescueAdvice({ resource: { metadata } }: ClusterView): string {
  const on = `${metadata.name} -n ${metadata.namespace ?? 'default'}`;
  return `\`emqx-blue-green rescue ${on}\` moves all devices to the set that the operator wants now, and removes the other sets`;
}

/** What to do about it. */
export function openRunAdvice(cluster: ClusterView, journal: Journal): string {
  const { metadata } = cluster.resource;
  if (!cluster.lease?.live && extraSetsOf(cluster)) return rescueAdvice(cluster);
  const isLate = noWayBack(cluster, journal) !== undefined;
  if (cluster.lease?.live) {
    const controls = isLate ? 'pause, resume and rate' : 'pause, resume, rate and abort';
    return `\`emqx-blue-green attach\` watches it; ${controls} control it; stop nothing by hand`;
  }
  const on = `${metadata.name} -n ${metadata.namespace ?? 'default'}`;
  const back = isLate ? '' : `, \`emqx-blue-green abort ${on}\` rolls it back`;
  return `\`emqx-blue-green resume ${on}\` resumes it${back}; stop nothing by hand`;
}

/** Why a run cannot be aborted; undefined where it can. */
export function noWayBack(cluster: ClusterView, journal: Journal): string | undefined {
  const { aborted, from, past = [], phase } = journal;
  if (aborted) return 'the run is already being aborted';
  if (from.digest === undefined) {
    return 'the template of the old nodes was changed before the run began, and is not known';
  }
  const { replicas = 0 } = setOf(cluster, from.set) ?? {};
  if (past.length === 0 && replicas > 0 && phase !== 'release') return undefined;
  const gone = past[0] ? `${past[0].role}s` : 'nodes';
  return `the old ${gone} are gone: ${goBackAdvice(journal)}`;
}
