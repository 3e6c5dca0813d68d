import { named } from '../resource/cluster-ref';
import { deletedInRun } from './deleted';
import { extraSetsOf } from './extra-sets';
import { Failures } from './failures';
import { type Driver, isOpen, type Journal, type Phase, type Stop } from './journal';
import { LeaseSilence } from './lease-silence';
import { activeSets, type ClusterView, type LeaseView, nodesWanted, operatorReportOf } from './observation';
import { Observer } from './observe';
import { type OnlyReadStatus, onlyReadStatus } from './only-read';
import { rescueAdvice } from './open-run';
import { ClusterMissing } from './ports';
import type { ProgressEvent, Sample } from './progress';
import { recordOf, type UpgradeRecord } from './record';
import { sampleOf } from './sample';
import { isNative, isWaiting } from './second-set';
import { servedVersion } from './served-version';
import { otherSets, type SetStatus } from './set-status';
import type { UpgradeContext } from './upgrade-context';

/**
 * The state of a cluster.
 *
 * - `at-rest`: one set of nodes, and no change in progress.
 * - `waiting`: the operator is held with new nodes in place, and no run has started; an upgrade continues with them.
 * - `native`: the operator upgrades on its own.
 * - `upgrading`: a run is open, whether a process drives it now or not.
 * - `unsettled`: anything else.
 */
export type ClusterState = 'at-rest' | 'waiting' | 'native' | 'upgrading' | 'unsettled';

/** The status of a cluster and its upgrade. */
export interface UpgradeStatus {
  cluster: string;
  namespace: string;
  state: ClusterState;
  /** The version of the serving nodes: in an open run the old one until the old nodes are empty, and then the new one. */
  version: string;
  /** The process that drives a run, or did last. */
  lease: LeaseView | undefined;
  /** The open run, otherwise the last one. */
  run: RunStatus | undefined;
  sample: Sample;
  /** All other sets with nodes: cores beside replicants, and sets that an upgrade left behind. Devices may be connected to them, too. */
  beside: readonly SetStatus[];
  /** Why the cluster is read only, and all its nodes; absent where it can be upgraded. */
  onlyRead?: OnlyReadStatus;
}

export interface RunStatus {
  id: string;
  driver: Driver;
  phase: Phase;
  /** ms since the epoch. */
  phaseSince: number;
  startedAt: number;
  from: string;
  to: string;
  connectionCap: number;
  paused: boolean;
  /** Whether it is being aborted, or was aborted. */
  aborted: boolean;
  /** Why it stopped; absent where a process drives it, or ended without a word. */
  stopped?: Stop;
  /** What to do about an open run that no process drives, in place of resuming it; absent where it can simply be resumed. */
  advice?: string;
}

/** Reads the status once. Writes nothing. */
export async function statusOf(context: UpgradeContext, signal?: AbortSignal): Promise<UpgradeStatus> {
  const { clock, cluster, emqx } = context;
  const observation = await new Observer(clock, cluster, emqx).observe(undefined, signal);
  const { resource, lease, journal } = observation.cluster;
  const { name, namespace = 'default' } = resource.metadata;
  const onlyRead = onlyReadStatus(observation);
  const sample = sampleOf(observation, journal);
  // How long it takes is unknown while nobody drives it.
  const isLeft = isOpen(journal) && !lease?.live;
  return {
    cluster: name,
    namespace,
    state: stateOf(observation.cluster),
    version: servedVersion(observation),
    lease,
    run: journal && { ...runStatus(journal), ...(isLeft && leftStatus(observation.cluster, journal)) },
    sample: isLeft ? { ...sample, leftMs: undefined } : sample,
    beside: onlyRead ? [] : otherSets(observation, [sample.blue.set, sample.green?.set]),
    ...(onlyRead && { onlyRead }),
  };
}

/** Time between two observations when only watching. */
const WATCH_MS = 2_000;

/** From then on it is reported that no process drives the run: a runner takes a stopped one again after a minute or later. */
const UNDRIVEN_MS = 60_000;

export interface WatchOptions {
  /** Whether to end as soon as no process drives the run that is open. @default false */
  untilUndriven?: boolean;
}

/**
 * What happens to a cluster, as a run would report it. Writes nothing. Ends when a run that was open has ended, or
 * when the signal aborts; where none is open, it continues until then. Reports when no process drives the run any more.
 *
 * @throws PortError when the cluster keeps refusing to be read; UpgradeError `DELETED` when it is deleted while a run is open
 */
export async function* watchUpgrade(
  context: UpgradeContext,
  signal?: AbortSignal,
  { untilUndriven = false }: WatchOptions = {},
): AsyncGenerator<ProgressEvent, void> {
  const { clock, cluster, emqx, holder } = context;
  const observer = new Observer(clock, cluster, emqx);
  const said: ProgressEvent[] = [];
  const failures = new Failures(clock, holder, (kind, text) => said.push({ kind, at: clock.now(), text }));
  const ended = new AbortController();
  cluster.follow(ended.signal);
  let phase: Phase | undefined;
  const silence = new LeaseSilence();
  let isMissed = false;
  try {
    for (;;) {
      try {
        const observation = await observer.observe(undefined, signal, { fresh: failures.last !== undefined });
        failures.clear('the cluster answers again');
        yield* said.splice(0);
        const { journal } = observation.cluster;
        const open = isOpen(journal) ? journal : undefined;
        if (open && open.phase !== phase) {
          yield { kind: 'phase', at: open.began[open.phase] ?? observation.at, phase: open.phase, resumed: false };
        }
        if (phase && !open) {
          yield { kind: 'phase', at: observation.at, phase: 'done', resumed: false };
          return;
        }
        phase = open?.phase;
        const { at, cluster: view } = observation;
        silence.observe(view.lease, at);
        if (open && untilUndriven && silence.isOver(at)) return;
        if (open && isMissed !== silence.ms(at) >= UNDRIVEN_MS) {
          isMissed = !isMissed;
          yield isMissed ? missing(view, at) : { kind: 'action', at, text: `${view.lease?.holder} drives the upgrade` };
        }
        yield { kind: 'sample', at: observation.at, sample: sampleOf(observation, journal) };
      } catch (error) {
        signal?.throwIfAborted();
        if (phase && error instanceof ClusterMissing) throw deletedInRun(phase, error);
        failures.add(error);
        if (failures.isRefused) throw error;
        yield* said.splice(0);
      }
      await clock.sleep(Math.max(WATCH_MS, failures.waitMs), signal);
    }
  } finally {
    ended.abort();
  }
}

function missing({ resource: { kind, metadata } }: ClusterView, at: number): ProgressEvent {
  const { name, namespace = 'default' } = metadata;
  const cluster = named({ kind, namespace, name });
  const seconds = UNDRIVEN_MS / 1_000;
  const text = `no process has driven the upgrade for ${seconds} s; a runner reports why in an Event, and tries again; \`emqx-blue-green resume ${cluster}\` drives it from here`;
  return { kind: 'warning', at, text };
}

/** The record of the last run that ended; undefined when there is none, or another one is open. */
export async function lastRecord(context: UpgradeContext, signal?: AbortSignal): Promise<UpgradeRecord | undefined> {
  const { journal } = await context.cluster.observe(signal);
  return journal?.phase === 'done' ? recordOf(journal) : undefined;
}

/** The state of a cluster, as far as Kubernetes shows it. */
export function stateOf(cluster: ClusterView): ClusterState {
  if (isOpen(cluster.journal)) return 'upgrading';
  if (isWaiting(cluster)) return 'waiting';
  if (isNative(cluster)) return 'native';
  const { isRunning, readyNodes, upgrade } = operatorReportOf(cluster);
  const runs = isRunning && readyNodes === nodesWanted(cluster.resource);
  return runs && activeSets(cluster).length === 1 && !upgrade ? 'at-rest' : 'unsettled';
}

function leftStatus(cluster: ClusterView, { stopped }: Journal): Pick<RunStatus, 'stopped' | 'advice'> {
  const advice = extraSetsOf(cluster) ? rescueAdvice(cluster) : stopped?.fix;
  return { ...(stopped && { stopped }), ...(advice !== undefined && { advice }) };
}

function runStatus(journal: Journal): RunStatus {
  const { run, driver, phase, began, from, to, connectionCap } = journal;
  const startedAt = Math.min(...Object.values(began));
  return {
    id: run,
    driver,
    phase,
    phaseSince: began[phase] ?? startedAt,
    startedAt,
    from: from.version,
    to: to.version,
    connectionCap,
    paused: journal.paused !== undefined,
    aborted: journal.aborted !== undefined,
  };
}
