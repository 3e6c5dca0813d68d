import { createHash } from 'node:crypto';
import { isKubeError, type KubeApi, type KubeObject, type ObjectRef } from '../kubernetes';
import { generationOf } from '../resource';
import { gateText, type UpgradeReport } from '../upgrade';
import type { LeaveReason } from './decide';
import type { ClusterRef } from './sighting';
import type { Told } from './told';
import { stopReason } from './waits';

/** The longest message that the API server accepts. @see Kubernetes, pkg/apis/core/validation/events.go */
const MOST_CHARACTERS = 1_024;

/** Reported as the source of the Events. */
const COMPONENT = 'emqx-blue-green';

/** An Event of Kubernetes about an object. */
export interface Note {
  about: { apiVersion: string; kind: string; namespace: string; name: string; uid?: string | undefined };
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  at: number;
}

/** @see Kubernetes API, v1 Event */
interface KubeEvent extends KubeObject {
  type: string;
  reason: string;
  message: string;
  involvedObject: Note['about'];
  firstTimestamp: string;
  lastTimestamp: string;
  count: number;
  source: { component: string };
}

/**
 * Writes an Event. One with the same content exists once: a runner that was restarted does not repeat what it finds again, as long as
 * Kubernetes keeps the Event, which is an hour by default.
 */
export async function writeNote(api: KubeApi, note: Note, signal: AbortSignal): Promise<void> {
  const { about, type, reason, message, at } = note;
  const when = timeOf(at);
  const mark = createHash('sha256')
    .update(JSON.stringify([about, type, reason, message]))
    .digest('hex')
    .slice(0, 16);
  const event: KubeEvent = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${about.name}.${mark}`, namespace: about.namespace },
    type,
    reason,
    message,
    involvedObject: about,
    firstTimestamp: when,
    lastTimestamp: when,
    count: 1,
    source: { component: COMPONENT },
  };
  try {
    await api.create(event, signal);
  } catch (error) {
    if (!isKubeError(error, 'AlreadyExists')) throw error;
  }
}

/**
 * What of it is shown as an Event.
 *
 * @param policy the object whose policy it is
 */
export function noteOf(told: Told, policy: ObjectRef): Note | undefined {
  const found = contentOf(told);
  if (!found) return undefined;
  const [type, reason, message] = found;
  const about = aboutOf(told, policy);
  return about && { about, type, reason, message: cut(message), at: told.at };
}

function aboutOf(told: Told, policy: ObjectRef): Note['about'] | undefined {
  if (told.kind === 'policy') return { ...policy, uid: told.uid };
  if (told.kind === 'leading' || told.kind === 'error') return undefined;
  return { ...refOf(told.cluster), uid: told.uid };
}

function refOf(cluster: ClusterRef) {
  const { kind, namespace, name } = cluster;
  return { apiVersion: generationOf(cluster).apiVersion, kind, namespace, name };
}

type Content = readonly [type: Note['type'], reason: string, message: string];

function contentOf(told: Told): Content | undefined {
  switch (told.kind) {
    case 'policy':
      if (told.problems.length === 0) return undefined;
      return ['Warning', 'PolicyInvalid', `no upgrade is begun: ${told.problems.join(' | ')}`];
    case 'left':
      return [isWarning(told.reason) ? 'Warning' : 'Normal', told.reason, told.text];
    case 'held':
      return ['Normal', 'UpgradesHeld', told.text];
    case 'start':
      return startContent(told);
    case 'progress':
      return progressContent(told);
    case 'incident':
      return ['Warning', 'UpgradeIncident', `${told.incident.what} (run ${told.run})`];
    case 'end':
      return endContent(told.report);
    case 'stopped':
      return ['Warning', stopReason(told), told.text];
    case 'cluster':
    case 'error':
    case 'gone':
    case 'leading':
    case 'plan':
      return undefined;
  }
}

/** With its time, as all that may come again within the hour and is then something else. */
function startContent({ isResumed, from, to, run, at }: Extract<Told, { kind: 'start' }>): Content {
  const what = `${from} → ${to}, since ${timeOf(at)}`;
  return isResumed
    ? ['Normal', 'UpgradeResumed', `${what}, run ${run ?? 'unknown'}`]
    : ['Normal', 'UpgradeStarted', what];
}

function progressContent({ event, at }: Extract<Told, { kind: 'progress' }>): Content | undefined {
  if (event.kind === 'phase')
    return ['Normal', 'UpgradePhase', `${event.phase}${event.role ? ` of ${event.role}s` : ''}, since ${timeOf(at)}`];
  return event.kind === 'warning' ? ['Warning', 'UpgradeWarning', event.text] : undefined;
}

function endContent(report: UpgradeReport): Content {
  const { outcome, from, to, durationMs, connections, peakDisconnectsPerSecond, sessionsLost, incidents, run } = report;
  const failed = report.gates.filter(({ verdict }) => verdict === 'not passed');
  const parts = [
    outcome === 'completed'
      ? `${from.version} → ${to.version} completed`
      : `${from.version} → ${to.version} aborted, back at ${from.version}`,
    `in ${Math.round(durationMs / 1_000)} s`,
    `${connections ?? 'an unknown number of'} devices`,
    `at most ${peakDisconnectsPerSecond ?? 'an unknown number of'} disconnects/s`,
    `${sessionsLost ?? 'an unknown number of'} sessions lost`,
    `${incidents.length} incidents`,
    ...failed.map((gate) => gateText(gate)),
    `run ${run}`,
  ];
  const isSound = outcome === 'completed' && !report.hasLosses && failed.length === 0;
  const reason = outcome === 'completed' ? 'UpgradeCompleted' : 'UpgradeAborted';
  return [isSound ? 'Normal' : 'Warning', reason, parts.join(', ')];
}

function isWarning(reason: LeaveReason): boolean {
  return ['OtherApproved', 'AbortedBefore', 'NotHeld', 'OperatorUpgrades', 'NotResumed', 'NotSupported'].includes(
    reason,
  );
}

/** As Kubernetes writes times. */
function timeOf(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+/, '');
}

function cut(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text;
}
