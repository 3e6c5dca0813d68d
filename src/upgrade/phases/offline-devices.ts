import { currentRate } from '../adaptive-rate';
import { devicesAway } from '../devices-away';
import { type Incident, openIncident, withChange, withIncident } from '../incident';
import type { Journal } from '../journal';
import { devicesNow } from '../known-load';
import { MOST_RETURN_MS, offlineBudget } from '../offline-budget';
import type { Situation, Step } from '../step';
import { restAfterStop, silentNodes } from './common';

/** Devices also come and go for other reasons: how often the fleet is counted again, ms. */
const RECOUNT_MS = 60_000;

/**
 * How much of the budget may be used when the eviction continues after a halt. Nearly nothing within the time in which probes detect
 * a node that hangs: otherwise it would get a share of the next devices, too. Later the rest may be devices that never reconnect.
 */
const RESUME_AT = { soon: 0.1, later: 0.8 } as const;
const SOON_MS = 10_000;

/** An incident that comes again within this is the same one, ms. */
const SAME_MS = 30_000;

/** Whether so many are offline that no more may be disconnected. */
export function areTooManyAway(situation: Situation): boolean {
  const { journal, observation } = situation;
  const budget = offlineBudget(journal);
  if (budget === undefined || !journal.evacuation) return false;
  const halt = openHaltOf(journal);
  if (!halt) return devicesAway(situation) > budget;
  // A budget that the user chose may be used in full.
  const isSoon = observation.at - halt.at < SOON_MS && journal.limits.offlineBudget === undefined;
  return devicesAway(situation) > RESUME_AT[isSoon ? 'soon' : 'later'] * budget;
}

/** Why no more devices are disconnected now, if offline devices are the reason. */
function openHaltOf({ incidents }: Journal): Incident | undefined {
  return openIncident(incidents, 'node-silent') ?? openIncident(incidents, 'devices-away');
}

/** How much of the budget is used, from 0. */
export function budgetUsed(situation: Situation): number {
  const budget = offlineBudget(situation.journal);
  return budget === undefined ? 0 : devicesAway(situation) / budget;
}

/**
 * The fleet, counted again while devices reconnect as they should. Those about to reconnect count as present; others that are missing
 * have left for reasons of their own.
 */
export function recountFleet(situation: Situation): Pick<Journal, 'fleet'> | undefined {
  const { observation, journal } = situation;
  const { fleet, returnMs = 1_000 } = journal;
  if (!fleet || observation.at - fleet.at < RECOUNT_MS) return undefined;
  const onTheirWay = Math.ceil((currentRate(journal) * returnMs) / 1000);
  const away = fleet.devices - devicesNow(observation);
  const devices = devicesNow(observation) + (away < 0 ? onTheirWay : Math.min(away, onTheirWay));
  return devices === fleet.devices ? undefined : { fleet: { at: observation.at, devices } };
}

/**
 * What is written to the journal when offline devices stop the eviction, or it may continue: an incident that begins, whose
 * cost grows, or that is over. Undefined where nothing is to be written.
 */
export function noteHalt(situation: Situation, tooManyAway: boolean): Extract<Step, { kind: 'note' }> | undefined {
  const { observation, journal } = situation;
  const { incidents } = journal;
  const silent = silentNodes(situation);
  const open = openHaltOf(journal);
  const away = devicesAway(situation);
  const subjects = silent.map(({ pod }) => pod);
  const whatIsSilent = silent.map(({ pod, reason }) => `${pod} does not answer as a broker (${reason})`).join('; ');
  if (!open) {
    if (silent.length === 0 && !tooManyAway) return undefined;
    const budget = offlineBudget(journal);
    const what = silent.length > 0 ? whatIsSilent : `more than ${budget} devices were offline at a time`;
    const last = incidents?.at(-1);
    const kind = silent.length > 0 ? 'node-silent' : 'devices-away';
    const isSame = last?.kind === kind && observation.at - (last.endedAt ?? 0) < SAME_MS;
    const begun = isSame
      ? withChange(incidents, last, { endedAt: undefined, devicesAway: Math.max(away, last.devicesAway ?? 0) })
      : withIncident(incidents, { kind, at: observation.at, subjects, what, devicesAway: away });
    const note = { incidents: begun, ...restAfterStop(observation) };
    return { kind: 'note', note, warning: `${what}: no more devices are disconnected until that is over` };
  }
  if (silent.length > 0 && open.kind === 'devices-away') {
    // This is why they are offline.
    const change = {
      kind: 'node-silent',
      subjects,
      what: whatIsSilent,
      devicesAway: most(open.devicesAway, away),
    } as const;
    return { kind: 'note', note: { incidents: withChange(incidents, open, change) }, warning: whatIsSilent };
  }
  const isOver = silent.length === 0 && !tooManyAway;
  if (isOver) {
    const change = { endedAt: observation.at, devicesAway: most(open.devicesAway, away) };
    const note = { incidents: withChange(incidents, open, change), ...learnReturnTime(situation, open) };
    return {
      kind: 'note',
      note,
      warning: `${open.what}: that is over; at most ${change.devicesAway} devices were offline`,
    };
  }
  // Each write costs one request: small changes wait for the next one.
  if (away <= 1.1 * (open.devicesAway ?? 0)) return undefined;
  return { kind: 'note', note: { incidents: withChange(incidents, open, { devicesAway: away }) } };
}

/** There are no more devices to disconnect. */
export function endHalt({ observation, journal }: Situation): Pick<Journal, 'incidents'> {
  const open = openHaltOf(journal);
  return open ? { incidents: withChange(journal.incidents, open, { endedAt: observation.at }) } : {};
}

function most(known: number | undefined, now: number): number {
  return Math.max(known ?? 0, now);
}

/** How long devices take to reconnect: measured where every node answered all the time, and nearly all devices are back. */
function learnReturnTime(situation: Situation, halt: Incident): Pick<Journal, 'returnMs'> {
  const { observation, journal } = situation;
  if (halt.kind !== 'devices-away' || journal.limits.offlineBudget !== undefined) return {};
  const tookMs = observation.at - halt.at;
  // Some of those that were missing for that long never reconnect: then it says nothing.
  if (budgetUsed(situation) > RESUME_AT.soon && tookMs < SOON_MS + 2_000) return {};
  return { returnMs: Math.min(MOST_RETURN_MS, Math.max(journal.returnMs ?? 0, tookMs)) };
}
