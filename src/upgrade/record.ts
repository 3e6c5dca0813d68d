import type { Journal, Pace, Planned } from './journal';
import { reportOf, type UpgradeReport } from './report';
import type { RunSeries } from './series';

/** All that the journal keeps of a finished run for people: its report, and what charts are made of. */
export interface UpgradeRecord extends UpgradeReport {
  /** ms since the epoch. */
  startedAt: number;
  finishedAt: number;
  /** The processes that drove the run, as `user@host …`; empty for runs of earlier versions. */
  drivers: readonly string[];
  /** What was planned; `null` for runs of earlier versions. */
  planned: Planned | null;
  /** When each phase began. */
  began: Journal['began'];
  /** The caps with the time from which each applied; 0 in a pause. */
  pace: readonly Pace[];
  /** What was observed over time; `null` where nothing was. */
  series: RunSeries | null;
}

/** The record of a finished run, from its journal alone. */
export function recordOf(journal: Journal): UpgradeRecord {
  const { began, pace, planned = null, drivers = [], series = null } = journal;
  const report = reportOf(journal);
  const startedAt = Math.min(...Object.values(began));
  return {
    ...report,
    startedAt,
    finishedAt: startedAt + report.durationMs,
    drivers,
    planned,
    began,
    pace: pace ?? [{ at: startedAt, perSecond: journal.connectionCap }],
    series,
  };
}
