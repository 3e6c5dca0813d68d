import type { Fleet, Journal } from './journal';

/** What must be as before when an upgrade has ended. */
export type GateId = 'connections' | 'subscriptions';

/**
 * The result of one gate. Sessions and devices that were moved say nothing about subscriptions: a client whose library does not subscribe
 * again is connected and receives nothing, and no other count shows it.
 */
export interface Gate {
  id: GateId;
  /** Unknown where one of the counts is. */
  verdict: 'passed' | 'not passed' | 'unknown';
  /** Counts when the run began, and when it ended; `null` is unknown. */
  before: number | null;
  after: number | null;
  /** The least count with which it is passed; `null` where the count before is unknown. */
  least: number | null;
}

/** Of the counts before, in percent: devices come and go during an upgrade. */
export const BACK_PERCENT = 99;

const IDS: readonly GateId[] = ['connections', 'subscriptions'];

/** The gates of a run that has ended. */
export function gatesOf({ baseline, end, backPercent = BACK_PERCENT }: Journal): Gate[] {
  return IDS.map((id) => gate(id, baseline, end, backPercent));
}

function gate(id: GateId, { [id]: before }: Fleet, end: Fleet | undefined, percent: number): Gate {
  const after = end?.[id] ?? null;
  const least = before === null ? null : Math.ceil((before * percent) / 100);
  if (least === null || after === null) return { id, verdict: 'unknown', before, after, least };
  return { id, verdict: after >= least ? 'passed' : 'not passed', before, after, least };
}
