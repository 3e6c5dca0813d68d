import type { Journal } from './journal';
import type { ClusterView } from './observation';

/** The open run in one sentence: to which version, in which phase, at which cap, driven by whom. */
export function openRunText({ lease }: ClusterView, journal: Journal): string {
  const { from, to, phase, driver, connectionCap, aborted, paused } = journal;
  const parts = [
    `an upgrade from ${from.version} to ${to.version} is open, in phase ${phase}`,
    ...(aborted ? ['aborted and on its way back'] : []),
    ...(paused ? ['paused'] : []),
    driver === 'pilot' ? `at most ${connectionCap} disconnects/s in the whole cluster` : 'by the operator alone',
    lease?.live ? `driven by ${lease.holder}` : 'and nobody drives it now',
  ];
  return parts.join(', ');
}

/** What somebody may do who finds it. */
export function openRunAdvice({ lease, resource: { metadata } }: ClusterView): string {
  if (lease?.live)
    return '`emqx-blue-green attach` watches it; pause, resume, rate and abort control it; stop nothing by hand';
  const on = `${metadata.name} -n ${metadata.namespace ?? 'default'}`;
  return `\`emqx-blue-green resume ${on}\` resumes it, \`emqx-blue-green abort ${on}\` takes it back; stop nothing by hand`;
}
