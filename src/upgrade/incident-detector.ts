import { generationOf, isHeld } from '../resource';
import { type Incident, openIncident, withChange, withIncident } from './incident';
import type { Journal, Phase } from './journal';
import { HELD_PHASES } from './journal';
import { knownLoadOf } from './known-load';
import { oldCount } from './node-counts';
import { type ClusterView, type Observation, type PodView, setOf } from './observation';
import { isSetOfRun } from './stages';

/** A shorter silence of the API server is no incident, ms. */
const SHORT_MS = 5_000;

/** Phases in which no pod is removed on purpose, except those of the evacuated set. */
const WATCHED: readonly Phase[] = ['pin', 'apply', ...HELD_PHASES, 'revert'];

type Change = (incidents: readonly Incident[] | undefined) => readonly Incident[] | undefined;

/**
 * What goes wrong during a run, found by comparing each observation with earlier ones: brokers that restart, pods that disappear, a
 * hold that is reset, an API server that is unreachable. A process knows only what it observed itself.
 */
export class IncidentDetector {
  private readonly pods = new Map<string, Known>();
  private news: Change[] = [];
  private failedSince: number | undefined;

  /** Whether there is something that the journal does not have yet. */
  get hasNew(): boolean {
    return this.news.length > 0;
  }

  /** The API server did not answer. */
  failed(at: number): void {
    this.failedSince ??= at;
  }

  /** To be called after each observation. */
  observe(observation: Observation, journal: Journal): void {
    const { at, cluster } = observation;
    this.observeAnswer(at);
    const isWatched = journal.driver === 'pilot' && WATCHED.includes(journal.phase);
    if (isWatched) this.observeHold(at, isHeld(cluster.resource), journal);
    const here = new Map(cluster.pods.map((pod) => [pod.name, pod]));
    for (const [name, known] of this.pods) {
      // Before devices are routed to them, restarts of new nodes do not matter.
      const matters = known.sessions > 0 || journal.began.switch !== undefined;
      if (isWatched && matters && !isLeaving(journal, known.pod.set) && !isSurplus(cluster, journal, known.pod.set)) {
        const isMoved = isEmptied(cluster, known.pod, journal);
        this.compare(at, known, here.get(name), isMoved, mayHaveLeft(journal, known, at));
      }
      if (!here.has(name)) this.pods.delete(name);
    }
    for (const pod of cluster.pods) if (!setOf(cluster, pod.set)?.isIdle) this.remember(observation, pod);
  }

  /** The incidents including what is new. */
  withNew(incidents: readonly Incident[] | undefined): Incident[] | undefined {
    const all = this.news.reduce<readonly Incident[] | undefined>((list, change) => change(list), incidents);
    return all && [...all];
  }

  /** What is new was written down. */
  written(): void {
    this.news = [];
  }

  private observeAnswer(at: number): void {
    const since = this.failedSince;
    this.failedSince = undefined;
    if (since === undefined || at - since < SHORT_MS) return;
    const what = 'the API server did not answer; no step was started meanwhile';
    this.add({ kind: 'api-away', at: since, endedAt: at, subjects: [], what });
  }

  private observeHold(at: number, isHeldNow: boolean, { phase, incidents }: Journal): void {
    const open = openIncident(incidents, 'hold-reset');
    if (isHeldNow && open)
      this.news.push((list) => withChange(list, openIncident(list, 'hold-reset') ?? open, { endedAt: at }));
    if (isHeldNow || open || !HELD_PHASES.includes(phase)) return;
    const what = 'the initial delay was reset, which released the operator';
    this.add({ kind: 'hold-reset', at, subjects: [], what });
  }

  private compare(at: number, known: Known, now: PodView | undefined, isMoved: boolean, left: Left): void {
    const { pod } = known;
    if (pod.terminating || now === undefined || now.terminating || now.uid !== pod.uid) {
      if (pod.terminating) return;
      this.lose(at, 'pod-lost', isMoved ? { ...known, connections: 0, sessions: 0 } : known, left);
    } else if ((now.restarts ?? 0) > (pod.restarts ?? 0)) this.lose(at, 'node-restarted', known, left);
  }

  /** @param left since it was last asked */
  private lose(
    at: number,
    kind: 'pod-lost' | 'node-restarted',
    { pod: { name }, connections, sessions, offline }: Known,
    { returned, moved }: Left,
  ): void {
    const away = Math.max(0, sessions - connections);
    // Of devices that were offline before it was evacuated, none takes its session along.
    const sessionsLost = Math.max(0, away - returned - moved, Math.min(offline, away) - moved);
    const what = kind === 'pod-lost' ? `the pod ${name} disappeared` : `the broker in ${name} restarted`;
    const lost =
      away > 0 && sessionsLost === 0
        ? `what it still had of the sessions of ${away} offline devices is lost`
        : `at least the sessions of ${sessionsLost} offline devices are lost`;
    const cost =
      connections + away === 0 ? 'no device was on it' : `${connections} connections ended at once, and ${lost}`;
    this.add({ kind, at, subjects: [name], what: `${what}: ${cost}`, sessionsLost });
  }

  private add(incident: Incident): void {
    this.news.push((list) => withIncident(list, incident));
  }

  private remember({ at, nodes }: Observation, pod: PodView): void {
    const last = this.pods.get(pod.name);
    const same = last && last.pod.uid === pod.uid && last.pod.restarts === pod.restarts ? last : undefined;
    const node = nodes.get(pod.name);
    const load = node && knownLoadOf(node, at);
    const connections = load?.connections ?? same?.connections ?? 0;
    const sessions = load?.sessions ?? same?.sessions ?? 0;
    const evacuates = node?.unreachable === undefined ? node?.evacuating : same?.isEvacuating;
    const evacuatedAt = evacuates ? at : same?.evacuatedAt;
    const isEvacuating = evacuatedAt !== undefined && at - evacuatedAt < SETTLED_MS;
    const offline = isEvacuating ? (same?.offline ?? 0) : Math.max(0, sessions - connections);
    const seenAt = load?.seenAt ?? same?.seenAt ?? at;
    this.pods.set(pod.name, { pod, connections, sessions, isEvacuating, evacuatedAt, offline, seenAt });
  }
}

/** Whether an operator that was released has removed a pod, and moved what was on it before. */
function isEmptied(cluster: ClusterView, { set }: PodView, journal: Journal): boolean {
  const replicas = setOf(cluster, set)?.replicas ?? 0;
  return (
    generationOf(cluster.resource).emptiesBeforeRemoval && set === journal.from.set && replicas < oldCount(journal)
  );
}

/**
 * How many of the sessions without a connection may have left a node that evacuates since it was last asked: those of devices that it had
 * just disconnected and that are back elsewhere, and those that it moves. It does so once it has no connections and has waited for
 * takeovers, which may all have happened where nobody could ask it for long. What is certainly lost is less by so many.
 */
function mayHaveLeft(
  { shares = [], returnMs = RETURN_MS, waitTakeoverSeconds }: Journal,
  known: Known,
  at: number,
): Left {
  const share = shares.find(({ pod }) => pod === known.pod.name);
  // It may have been ordered to since.
  if (!known.isEvacuating && !share) return { returned: 0, moved: 0 };
  // Without a share it is evacuated at a rate that is not this run's.
  const { connectionsPerSecond = Number.POSITIVE_INFINITY, sessionsPerSecond = Number.POSITIVE_INFINITY } = share ?? {};
  // Each second begins with a burst.
  const returned = Math.ceil(connectionsPerSecond * (1 + returnMs / 1_000));
  const bursts = Math.ceil(known.connections / connectionsPerSecond);
  const emptyInSeconds = known.connections === 0 ? 0 : Math.max(0, bursts - 1) + waitTakeoverSeconds;
  const movingSeconds = (at - known.seenAt) / 1_000 - emptyInSeconds;
  const moved = movingSeconds < 0 ? 0 : Math.ceil(sessionsPerSecond * (1 + movingSeconds));
  return { returned, moved };
}

/** How many sessions may have left a node. */
interface Left {
  returned: number;
  moved: number;
}

/** For how long a device is offline, where this run has not seen that it is for longer, ms. */
const RETURN_MS = 1_500;

/** How long after an evacuation that was stopped devices of it may be offline yet, and the counts of the node too old to tell, ms. */
const SETTLED_MS = 5_000;

/** Whether a set is removed on purpose: its pods may be seen to disappear before its replicas change. */
function isLeaving({ began, phase, from, to, past = [], aborted }: Journal, set: string): boolean {
  // Another process may have replaced its role while this one was paused.
  if (past.some((stage) => set === (aborted ? stage.to?.set : stage.from.set))) return true;
  // An abort that was asked for at the same moment.
  const retires = phase === 'retire' || (phase === 'revert' && began.retire !== undefined);
  return (retires && set === from.set) || (phase === 'retire-green' && set === to.set);
}

/** Whether a set is neither an old nor a new one, and has been scaled to 0. */
function isSurplus(cluster: ClusterView, journal: Journal, set: string): boolean {
  return !isSetOfRun(journal, set) && (setOf(cluster, set)?.replicas ?? 0) === 0;
}

interface Known {
  pod: PodView;
  /** Its last known counts, and when they were reported, ms since the epoch. */
  connections: number;
  sessions: number;
  seenAt: number;
  /** Whether it was evacuating then, or shortly before, and when it was last seen to. */
  isEvacuating: boolean;
  evacuatedAt: number | undefined;
  /** Its sessions of devices that were offline before it was evacuated; 0 where it was not seen before. */
  offline: number;
}
