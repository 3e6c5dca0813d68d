import { parseControl } from '../control';
import type { Journal, Stage } from '../journal';
import { devicesOn } from '../known-load';
import { activeSets, type ClusterView, greenOf, newestBeside, nodesOf } from '../observation';
import { noWayBack } from '../open-run';
import type { Situation, Step } from '../step';
import { moveOf, restAfterStop, selections, stopEvacuations, waitFor } from './common';
import { shareAnew } from './shares';

/** Handles the request to the run; undefined when there is none. */
export function handleRequest(situation: Situation): Step | undefined {
  const { request } = situation.observation.cluster;
  if (request === undefined) return undefined;
  const control = parseControl(request);
  if (!control) return refuseRequest(situation, request, 'use pause, resume, rate=<number> or abort');
  if (situation.journal.driver === 'operator') {
    return refuseRequest(situation, request, 'the operator upgrades on its own, and accepts no such request');
  }
  switch (control.do) {
    case 'pause':
    case 'resume':
      return { kind: 'note', note: pauseOrResume(situation, control.do === 'pause'), answers: request };
    case 'rate':
      return {
        kind: 'note',
        note: situation.journal.shares ? shareAnew(situation, control.perSecond) : { connectionCap: control.perSecond },
        answers: request,
      };
    case 'abort':
      return abortRun(situation, request);
  }
}

/**
 * Longest time between two queries of the nodes while nothing is to be done, ms: a run may be paused for days, and is woken by what changes
 * in Kubernetes, as the request to resume it does.
 */
const PAUSED_POLL_MS = 4_000;

/** Nothing is started, and nodes that evict are ordered to stop. */
export function stayPaused(situation: Situation): Step {
  const { revision } = moveOf(situation);
  const moving = ['evacuate', 'return'].includes(situation.journal.phase);
  const actions = [...(moving ? selections(situation, revision) : []), ...stopEvacuations(situation)];
  // One that does not answer may evict, and nothing says when it answers again.
  const isSilent = [...situation.observation.nodes.values()].some(({ unreachable }) => unreachable !== undefined);
  const pollMs = isSilent || actions.length > 0 ? 1_000 : PAUSED_POLL_MS;
  return waitFor('the run to be resumed: it is paused', pollMs, actions);
}

function refuseRequest({ observation }: Situation, text: string, reason: string): Step {
  const request = text.slice(0, 60);
  return {
    kind: 'note',
    note: { refused: { request, reason, at: observation.at } },
    answers: text,
    warning: `the request "${request}" is rejected: ${reason}`,
  };
}

function pauseOrResume({ observation, journal }: Situation, pause: boolean): Partial<Journal> {
  if (pause) return { paused: journal.paused ?? { since: observation.at } };
  return { paused: undefined, pausedMs: pausedMs(journal, observation.at), ...restAfterStop(observation) };
}

/** For how long a run was paused when a pause ends now. */
function pausedMs(journal: Journal, at: number): number {
  return (journal.pausedMs ?? 0) + (journal.paused ? at - journal.paused.since : 0);
}

function abortRun(situation: Situation, request: string): Step {
  const back = abortStep(situation);
  return typeof back === 'string' ? refuseRequest(situation, request, back) : { ...back, answers: request };
}

/** Devices that have left blue since its evacuation began. */
function movedSoFar({ observation, journal: { evacuation, from } }: Situation): { moved?: number } {
  const isSilent = nodesOf(observation, from.set).some(({ unreachable }) => unreachable !== undefined);
  if (evacuation?.moving === undefined || isSilent) return {};
  return { moved: Math.max(0, evacuation.moving - devicesOn(observation, from.set)) };
}

/** The stage with its new set, if that exists by now. */
function withGreen(cluster: ClusterView, stage: Stage): Stage {
  const green = newestBeside(cluster, stage.from.set, stage.role);
  return stage.to || !green ? stage : { ...stage, to: { set: green.name, revision: green.revision ?? '' } };
}

/** The step that aborts a run, or why it cannot be aborted. */
export function abortStep(situation: Situation): Extract<Step, { kind: 'next' }> | string {
  const { observation, journal } = situation;
  const { cluster } = observation;
  const refusal = noWayBack(cluster, journal);
  if (refusal !== undefined) return refusal;
  const green = greenOf(cluster, journal)?.name;
  const untouched = ['claim', 'pin'].includes(journal.phase) && activeSets(cluster).length === 1;
  return {
    kind: 'next',
    phase: untouched ? 'release' : 'revert',
    note: {
      aborted: { at: observation.at, phase: journal.phase, ...movedSoFar(situation) },
      paused: undefined,
      ...(journal.paused && { pausedMs: pausedMs(journal, observation.at) }),
      restart: undefined,
      raise: undefined,
      to: { ...journal.to, ...(green && { set: green }) },
      ...(journal.later && { later: journal.later.map((stage) => withGreen(cluster, stage)) }),
    },
  };
}
