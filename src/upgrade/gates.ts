import type { Counted, Fleet, Journal } from './journal';

/** What must be as before when an upgrade has ended. */
export type GateId = 'connections' | 'subscriptions' | 'mqtt31';

/**
 * The result of one gate. Sessions and devices that were moved say nothing about subscriptions: a client whose library does not subscribe
 * again is connected and receives nothing, and no other count shows it. More devices with MQTT 3.1 are devices whose library fell back to it
 * after it was refused: Paho for Java and C do so. They are counted only where devices were sampled before.
 */
export interface Gate {
  id: GateId;
  /** Unknown where one of the counts is. */
  verdict: 'passed' | 'not passed' | 'unknown';
  /** Counts when the run began, and when it ended; `null` is unknown. */
  before: number | null;
  after: number | null;
  /** The least count with which it is passed; absent where there is none, `null` where the count before is unknown. */
  least?: number | null;
  /** The highest; that of a sample leaves room for chance. */
  most?: number | null;
}

/** What each gate requires. */
export const GATE_NAMES: Readonly<Record<GateId, string>> = {
  connections: 'connections back',
  subscriptions: 'subscriptions back',
  mqtt31: 'no more with MQTT 3.1',
};

/** A gate in one line: what it requires, whether it is passed, and by which counts. */
export function gateText({ id, verdict, before, after, least, most }: Gate, show: (count: number) => string = String) {
  const known = (value: number | null | undefined) => (value == null ? 'unknown' : show(value));
  const missing = [...(before === null ? ['before'] : []), ...(after === null ? ['in the end'] : [])];
  const why =
    missing.length > 0
      ? `not counted ${missing.join(' and ')}`
      : least == null
        ? `${known(after)} after ${known(before)}, at most ${known(most)}`
        : `${known(after)} of ${known(before)}, at least ${known(least)}`;
  return `${GATE_NAMES[id]}: ${verdict}, ${why}`;
}

/** Of the counts before, in percent: devices come and go during an upgrade. */
export const BACK_PERCENT = 99;

const BACK = ['connections', 'subscriptions'] as const;
/** A share of a sample is risen when it is by more than this many standard errors: one in 700 is so by chance. */
const STANDARD_ERRORS = 3;

/** The gates of a run that has ended. */
export function gatesOf({ baseline, end, backPercent = BACK_PERCENT, mqtt31 }: Journal): Gate[] {
  const back = BACK.map((id) => backGate(id, baseline, end, backPercent));
  return mqtt31 ? [...back, mqtt31Gate(mqtt31.before, mqtt31.after)] : back;
}

function backGate(id: (typeof BACK)[number], { [id]: before }: Fleet, end: Fleet | undefined, percent: number): Gate {
  const after = end?.[id] ?? null;
  const least = before === null ? null : Math.ceil((before * percent) / 100);
  if (least === null || after === null) return { id, verdict: 'unknown', before, after, least };
  return { id, verdict: after >= least ? 'passed' : 'not passed', before, after, least };
}

function mqtt31Gate(before: Counted, after: Counted | undefined): Gate {
  const most = after ? mostOf(before, after) : null;
  const counts = { before: before.estimate, after: after?.estimate ?? null, most };
  if (!after || most === null) return { id: 'mqtt31', verdict: 'unknown', ...counts };
  return { id: 'mqtt31', verdict: after.estimate <= most ? 'passed' : 'not passed', ...counts };
}

function mostOf(before: Counted, after: Counted): number {
  if (before.sampled >= before.connections && after.sampled >= after.connections) return before.estimate;
  // At least one of them by chance: a sample without any does not mean that there is none.
  const share = Math.max(1, before.found + after.found) / (before.sampled + after.sampled);
  const error = Math.sqrt(share * (1 - share) * (1 / before.sampled + 1 / after.sampled));
  const expected = before.found / before.sampled + STANDARD_ERRORS * error;
  return Math.max(before.estimate, Math.ceil(Math.min(1, expected) * after.connections));
}
