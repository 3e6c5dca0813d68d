import type { Journal } from './journal';
import type { ClusterView } from './observation';

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

/** What to do about it. */
export function openRunAdvice({ lease, resource: { metadata } }: ClusterView): string {
  if (lease?.live)
    return '`emqx-blue-green attach` watches it; pause, resume, rate and abort control it; stop nothing by hand';
  const on = `${metadata.name} -n ${metadata.namespace ?? 'default'}`;
  return `\`emqx-blue-green resume ${on}\` resumes it, \`emqx-blue-green abort ${on}\` rolls it back; stop nothing by hand`;
}
