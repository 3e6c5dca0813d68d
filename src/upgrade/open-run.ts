import { generationOf } from '../resource';
import { goBackAdvice } from './downgrade';
import { extraSetsOf } from './extra-sets';
import { HELD_PHASES, type Journal } from './journal';
import { type ClusterView, operatorReportOf, setOf } from './observation';
import { liveDigestOf, wantedDigest } from './target';

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

/** Whether the resource asks for something else than an open run has given it. */
export function isTemplateForeign({ resource }: ClusterView, journal: Journal): boolean {
  return HELD_PHASES.includes(journal.phase) && liveDigestOf(resource) !== wantedDigest(journal);
}

/**
 * What to do where the resource asks for something else than an open run.
 *
 * @param resume what resumes the run then
 */
export function templateAdvice(cluster: ClusterView, journal: Journal, resume: string): string {
  const { aborted, from, to } = journal;
  const isKnown = operatorReportOf(cluster).wanted !== undefined;
  if (isKnown && !aborted) return rescueAdvice(cluster);
  const { templateFields } = generationOf(cluster.resource);
  // An operator that builds a further set for each change goes back to none of them.
  if (isKnown) {
    return `set ${templateFields} back to version ${from.version}, unless the other version is wanted after all; ${rescueAdvice(cluster)}`;
  }
  if (aborted && liveDigestOf(cluster.resource) === journal.target) {
    const why = 'stop what applies the new one again and again (suspend the sync, or take it back in Git)';
    return `${why}, set the template back to version ${from.version}, then ${resume}`;
  }
  const isOld = !aborted && liveDigestOf(cluster.resource) === from.digest && noWayBack(cluster, journal) === undefined;
  const back = isOld ? `${abortAdvice(cluster)}, as the template asks now; to go on instead: ` : '';
  return `${back}set the template back to version ${aborted ? from.version : to.version}, then ${resume}`;
}

function abortAdvice({ resource: { metadata } }: ClusterView): string {
  return `\`emqx-blue-green abort ${metadata.name} -n ${metadata.namespace ?? 'default'}\` rolls it back`;
}

/** What to do about it. */
export function openRunAdvice(cluster: ClusterView, journal: Journal): string {
  const { metadata } = cluster.resource;
  if (!cluster.lease?.live && extraSetsOf(cluster)) {
    const isForeign = isTemplateForeign(cluster, journal);
    return isForeign ? templateAdvice(cluster, journal, '') : rescueAdvice(cluster);
  }
  const isLate = noWayBack(cluster, journal) !== undefined;
  if (cluster.lease?.live) {
    const controls = isLate ? 'pause, resume and rate' : 'pause, resume, rate and abort';
    return `\`emqx-blue-green attach\` watches it; ${controls} control it; stop nothing by hand`;
  }
  const resume = `\`emqx-blue-green resume ${metadata.name} -n ${metadata.namespace ?? 'default'}\` resumes it`;
  const isForeign = isTemplateForeign(cluster, journal);
  const how = isForeign ? templateAdvice(cluster, journal, resume) : resume;
  const back = isLate || how.includes(abortAdvice(cluster)) ? '' : `, ${abortAdvice(cluster)}`;
  return `${how}${back}; stop nothing by hand`;
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
