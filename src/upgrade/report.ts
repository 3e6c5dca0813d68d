import type { Role } from '../resource';
import { type Gate, gatesOf } from './gates';
import type { Incident } from './incident';
import { type Driver, type Fleet, type Journal, type Pace, PHASES, type Phase } from './journal';
import { bounded, capsOf } from './pace';
import type { NodeShare } from './pacing';
import { mainStage, stagesOf } from './stages';

/**
 * What a finished run did, as far as its processes saw it: how often and for how long a device was disconnected, only the device
 * knows.
 */
export interface UpgradeReport {
  /** Aborted: the cluster is as it was before the run. */
  outcome: 'completed' | 'aborted';
  run: string;
  driver: Driver;
  from: { version: string; set: string };
  to: { version: string; set: string };
  /** All sets that were replaced, one after the other. @default - only that of `from`: there are no replicants */
  stages?: ReplacedStage[];
  /** From the claim to the end, ms. */
  durationMs: number;
  phases: { phase: Phase; ms: number }[];
  /**
   * From the first order until every blue node was drained, ms; in an abort, every green node: the way back. 0 where the operator
   * upgraded on its own, and where nothing was moved.
   */
  evacuateMs: number;
  /** How many devices had been moved when the run was aborted, and how many were moved back then; `null` is unknown. Only of an abort. */
  rollback?: { moved: number | null; movedBack: number | null };
  /** Lower bound of the evacuation under its caps, ms. */
  lowerBoundMs: number;
  /** The evacuation without its pauses, divided by the lower bound; `null` where there was none. */
  ratio: number | null;
  /** The last cap. */
  capPerSecond: number;
  /** All caps, with the time from which each applied. */
  caps: Pace[];
  /** The most disconnects per second that were observed; `null` without observations, as when the operator upgraded on its own. */
  peakDisconnectsPerSecond: number | null;
  /** On blue when the run began. */
  connections: number | null;
  sessions: number | null;
  subscriptions: number | null;
  /** On the set that serves when it ended; `null` without observations. */
  after: Fleet | null;
  /**
   * Lost sessions, as far as observed: lost with an incident, or missing in the end beyond the missing connections. `null` is
   * unknown.
   */
  sessionsLost: number | null;
  /** Whether sessions were lost: then the run is completed, but not as promised. */
  hasLosses: boolean;
  /** Whether connections and subscriptions are back. */
  gates: Gate[];
  /** What went wrong, in order. */
  incidents: Incident[];
  /** The most that each evacuated node had of the caps. */
  shares: NodeShare[];
  /** For how long the run was paused, ms. */
  pausedMs: number;
}

/** The nodes of one role that were replaced; in an abort they stay, and the new ones were removed. */
export interface ReplacedStage {
  role: Role;
  from: string;
  /** Empty where no new set of this role was seen. */
  to: string;
  replicas: number;
}

/** The report of a finished run, from its journal alone: it can be made again at any time. */
export function reportOf(journal: Journal): UpgradeReport {
  const began = PHASES.flatMap((phase) => {
    const at = journal.began[phase];
    return at === undefined ? [] : [{ phase, at }];
  });
  const start = began[0]?.at ?? 0;
  const end = journal.finishedAt ?? began.at(-1)?.at ?? start;
  const { baseline, incidents = [], pace = [] } = journal;
  const { from, to, evacuation, shares = [] } = mainStage(journal);
  const isDrained = evacuation?.drainedAt !== undefined;
  const { activeMs, lowerBoundMs } = evacuation ? bounded(evacuation, pace) : { activeMs: 0, lowerBoundMs: 0 };
  return {
    outcome: journal.aborted ? 'aborted' : 'completed',
    run: journal.run,
    driver: journal.driver,
    from: { version: journal.from.version, set: from.set },
    to: { version: journal.to.version, set: to?.set ?? '' },
    ...stagesIn(journal),
    durationMs: end - start,
    phases: began
      .filter(({ phase }) => phase !== 'done')
      .map(({ phase, at }, index) => ({ phase, ms: (began[index + 1]?.at ?? end) - at })),
    evacuateMs: isDrained ? evacuation.drainedAt! - evacuation.startedAt : 0,
    ...(journal.aborted && { rollback: rollbackOf(journal) }),
    lowerBoundMs,
    ratio: isDrained && lowerBoundMs > 0 ? activeMs / lowerBoundMs : null,
    capPerSecond: journal.connectionCap,
    caps: pace.length > 0 ? capsOf(pace) : [{ at: start, perSecond: journal.connectionCap }],
    peakDisconnectsPerSecond: journal.peakPerSecond ?? null,
    ...baseline,
    after: journal.end ?? null,
    ...lossesOf(journal),
    gates: gatesOf(journal),
    incidents,
    // Runs of earlier versions kept only the shares that were dealt last.
    shares: evacuation?.shares ?? shares,
    pausedMs: journal.pausedMs ?? 0,
  };
}

function stagesIn(journal: Journal): Pick<UpgradeReport, 'stages'> {
  const stages = stagesOf(journal);
  if (stages.length < 2) return {};
  return {
    stages: stages.map(({ role, replicas, from, to }) => ({ role, from: from.set, to: to?.set ?? '', replicas })),
  };
}

function rollbackOf(journal: Journal): UpgradeReport['rollback'] {
  const { aborted, began } = journal;
  const { evacuation } = mainStage(journal);
  const moved = began.evacuate === undefined ? 0 : (aborted?.moved ?? null);
  return { moved, movedBack: began.return === undefined || !evacuation ? 0 : (evacuation.moving ?? null) };
}

/** Sessions come and go during a run: a difference of this many per thousand means nothing. */
const COMING_AND_GOING = 10;

function lossesOf({ baseline, end, incidents = [] }: Journal): Pick<UpgradeReport, 'sessionsLost' | 'hasLosses'> {
  const seen = incidents.reduce((sum, { sessionsLost = 0 }) => sum + sessionsLost, 0);
  const missing = missingSessions(baseline, end);
  const isMissing =
    missing !== null && baseline.sessions !== null && missing * 1000 > baseline.sessions * COMING_AND_GOING;
  const lost = Math.max(seen, isMissing ? missing : 0);
  return { sessionsLost: missing === null && lost === 0 ? null : lost, hasLosses: lost > 0 };
}

/** A device that is offline for a moment, or left by itself, is missing from the connections, too. */
function missingSessions(before: Fleet, after: Fleet | undefined): number | null {
  if (!after || before.sessions === null || after.sessions === null) return null;
  const connections = Math.max(0, (before.connections ?? 0) - (after.connections ?? 0));
  return Math.max(0, before.sessions - after.sessions - connections);
}
