import { type Driver, type Journal, PHASES, type Phase } from './journal';
import type { NodeShare } from './pacing';

/** What a finished run did. What devices saw of it is known to the devices alone. */
export interface UpgradeReport {
  /** Aborted: everything is as it was before the run. */
  outcome: 'completed' | 'aborted';
  run: string;
  driver: Driver;
  from: { version: string; set: string };
  to: { version: string; set: string };
  /** From the claim to the end, ms. */
  durationMs: number;
  phases: { phase: Phase; ms: number }[];
  /** From the first order until every blue node was seen drained, ms; 0 where the operator was on its own. */
  evacuateMs: number;
  lowerBoundMs: number;
  capPerSecond: number;
  /** On blue when the run began. */
  connections: number;
  sessions: number;
  shares: NodeShare[];
  /** For how long the run was paused, ms. */
  pausedMs: number;
}

/** The report of a finished run, from its journal alone: it can be made again at any time. */
export function reportOf(journal: Journal): UpgradeReport {
  const began = PHASES.flatMap((phase) => {
    const at = journal.began[phase];
    return at === undefined ? [] : [{ phase, at }];
  });
  const start = began[0]?.at ?? 0;
  const end = journal.finishedAt ?? began.at(-1)?.at ?? start;
  const { evacuation } = journal;
  return {
    outcome: journal.aborted ? 'aborted' : 'completed',
    run: journal.run,
    driver: journal.driver,
    from: { version: journal.from.version, set: journal.from.set },
    to: { version: journal.to.version, set: journal.to.set ?? '' },
    durationMs: end - start,
    phases: began
      .filter(({ phase }) => phase !== 'done')
      .map(({ phase, at }, index) => ({ phase, ms: (began[index + 1]?.at ?? end) - at })),
    evacuateMs: evacuation?.drainedAt !== undefined ? evacuation.drainedAt - evacuation.startedAt : 0,
    lowerBoundMs: evacuation?.lowerBoundMs ?? 0,
    capPerSecond: journal.connectionCap,
    connections: journal.baseline.connections,
    sessions: journal.baseline.sessions,
    shares: journal.shares ?? [],
    pausedMs: journal.pausedMs ?? 0,
  };
}
