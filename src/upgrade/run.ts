import { versionOf } from '../resource';
import { type Action, decide, type Step } from './decide';
import { BlockedError, UpgradeError } from './errors';
import { isOpen, type Journal } from './journal';
import { blueOf, greenOf, isDrained, loadOf, nodesOf, type Observation, setOf } from './observation';
import { Observer } from './observe';
import { plan, runningVersion, type UpgradePlan } from './plan';
import { type Clock, type ClusterPort, type EmqxPort, PortError, type Progress } from './ports';
import { blockers, type Check, preflight } from './preflight';
import type { SetLoad } from './progress';
import { reportOf, type UpgradeReport } from './report';
import { type Target, targetOf, type UpgradeRequest } from './target';

/** The world an upgrade runs in. */
export interface UpgradeContext {
  clock: Clock;
  cluster: ClusterPort;
  emqx: EmqxPort;
  progress: Progress;
  /** Name under which the lease is held; tells others who runs the upgrade. */
  holder: string;
}

const RENEW_LEASE_MS = 10_000;

/** Looks at the cluster and says what an upgrade would do. Writes nothing. */
export async function planUpgrade(
  context: UpgradeContext,
  request: UpgradeRequest,
  signal?: AbortSignal,
): Promise<UpgradePlan> {
  const { observation, target, checks } = await look(context, request, signal);
  return plan(observation, target, checks);
}

/**
 * Runs an upgrade to its end, or goes on with one that was interrupted.
 *
 * The loop: look, decide, write down, act. Nothing is remembered that the cluster or the journal does not hold, so the
 * process may die at any moment and the same call goes on.
 *
 * @throws BlockedError before anything is written, when preflight finds a reason not to begin.
 * @throws UpgradeError when the run cannot go on safely, when the lease is lost, or (`DETACHED`) when the signal aborts.
 */
export async function runUpgrade(
  context: UpgradeContext,
  request: UpgradeRequest,
  signal?: AbortSignal,
): Promise<UpgradeReport> {
  try {
    return await beginOrGoOn(context, request, signal);
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw new UpgradeError('DETACHED', 'the run was left as it is', 'run the same command again to go on', {
      cause: error,
    });
  }
}

async function beginOrGoOn(
  context: UpgradeContext,
  request: UpgradeRequest,
  signal?: AbortSignal,
): Promise<UpgradeReport> {
  const { observation, target, checks } = await look(context, request, signal);
  const open = isOpen(observation.cluster.journal) ? observation.cluster.journal : undefined;
  const stops = blockers(open ? checks.filter((check) => RESUME_CHECKS.includes(check.id)) : checks);
  if (stops.length > 0) throw new BlockedError(stops);
  const journal = open ?? firstPage(observation, target);
  try {
    return await new Run(context, request, journal, open !== undefined).toTheEnd(signal);
  } finally {
    await context.cluster.releaseLease(context.holder).catch(() => undefined); // it runs out by itself
  }
}

/** Checks that also bind a run that goes on; the others describe a cluster at rest. */
const RESUME_CHECKS = ['lease', 'open-run'];

async function look(context: UpgradeContext, request: UpgradeRequest, signal?: AbortSignal) {
  const observation = await new Observer(context.clock, context.cluster, context.emqx).look(undefined, signal);
  const target = targetOf(observation.cluster, request);
  const pod = observation.cluster.pods.find((candidate) => candidate.ready);
  const licensedConnections = pod ? await context.emqx.licensedConnections(pod.name, signal) : undefined;
  const checks: Check[] = preflight(observation, target, { holder: context.holder, licensedConnections });
  return { observation, target, checks };
}

function firstPage(observation: Observation, target: Target): Journal {
  const blue = blueOf(observation.cluster)!; // preflight found it
  return {
    schema: 1,
    run: `${versionOf(target.desired)}-${new Date(observation.at).toISOString()}`,
    driver: target.driver,
    phase: 'claim',
    began: { claim: observation.at },
    from: {
      version: runningVersion(observation, blue.name) ?? versionOf(target.live),
      set: blue.name,
      revision: blue.revision ?? '',
    },
    to: { version: versionOf(target.desired) },
    target: target.digest,
    initialDelaySeconds: target.initialDelaySeconds,
    replicas: target.live.spec.replicas!,
    waitTakeoverSeconds: target.waitTakeoverSeconds,
    connectionCap: target.caps.connections,
    sessionCap: target.caps.sessions,
    baseline: loadOf(observation, blue.name),
  };
}

class Run {
  private readonly observer: Observer;
  private leaseAt = Number.NEGATIVE_INFINITY;
  private heartbeatAt = Number.NEGATIVE_INFINITY;
  private waitingFor = '';

  constructor(
    private readonly context: UpgradeContext,
    private readonly request: UpgradeRequest,
    private journal: Journal,
    private readonly resumed: boolean,
  ) {
    this.observer = new Observer(context.clock, context.cluster, context.emqx);
  }

  async toTheEnd(signal?: AbortSignal): Promise<UpgradeReport> {
    const { clock } = this.context;
    if (!this.resumed) await this.insist(() => this.context.cluster.writeJournal(this.journal, signal), signal);
    this.tellPhase(this.resumed);
    while (this.journal.phase !== 'done') {
      let pauseMs = 1_000;
      try {
        await this.keepLease(signal);
        const observation = await this.observer.look(this.journal, signal);
        const journal = this.follow(observation.cluster.journal);
        if (journal.phase === 'done') break;
        const target = targetOf(observation.cluster, this.request);
        const step = decide({ observation, journal, target, heartbeatAt: this.heartbeatAt });
        this.tellSample(observation, step);
        pauseMs = await this.take(step, observation, signal);
      } catch (error) {
        signal?.throwIfAborted();
        // The next look tells what became of it. What cannot be asked again is not a PortError.
        if (!(error instanceof PortError) || error.code === 'missing') throw error;
        this.tell('warning', error.message);
      }
      if (pauseMs > 0) await clock.sleep(pauseMs, signal);
    }
    return reportOf(this.journal);
  }

  /** Returns how long to wait before the next look. */
  private async take(step: Step, observation: Observation, signal?: AbortSignal): Promise<number> {
    switch (step.kind) {
      case 'next':
        await this.turnPage({ ...step.note, phase: step.phase }, signal);
        this.tellPhase(false);
        return 0;
      case 'note':
        await this.turnPage(step.note, signal);
        return 0;
      case 'stay': {
        if (step.waitingFor !== this.waitingFor) this.tell('waiting', step.waitingFor);
        this.waitingFor = step.waitingFor;
        await this.keepLease(signal);
        const results = await Promise.allSettled(step.actions.map((action) => this.act(action, observation, signal)));
        const failed = results.find((result) => result.status === 'rejected');
        if (failed) throw failed.reason;
        return step.pollMs;
      }
      case 'stop':
        throw new UpgradeError(step.code, step.reason, step.fix);
    }
  }

  private async act(action: Action, observation: Observation, signal?: AbortSignal): Promise<void> {
    const { clock, cluster, emqx } = this.context;
    switch (action.do) {
      case 'select-traffic':
        this.tell('action', `Service ${action.service} → ${action.revision ?? 'all nodes of the cluster'}`);
        return cluster.selectTraffic(action.service, action.revision, signal);
      case 'patch-resource':
        this.tell('action', action.why);
        if (action.heartbeat) this.heartbeatAt = clock.now();
        return cluster.patchResource({ spec: action.spec, ifVersion: observation.cluster.resourceVersion }, signal);
      case 'mark-serving':
        this.tell('action', `open the readiness gate of ${action.pod}`);
        return cluster.markServing(action.pod, signal);
      case 'start-evacuation': {
        if (action.afterMs > 0) await clock.sleep(action.afterMs, signal);
        const { connectionsPerSecond, sessionsPerSecond } = action.order;
        this.tell('action', `evacuate ${action.pod} at ${connectionsPerSecond}/s, sessions at ${sessionsPerSecond}/s`);
        return emqx.startEvacuation(action.pod, action.node, action.order, signal);
      }
      case 'scale-set':
        this.tell('action', `scale ${action.set} to ${action.replicas}`);
        return cluster.scaleSet(action.set, action.replicas, signal);
    }
  }

  private async turnPage(change: Partial<Journal>, signal?: AbortSignal): Promise<void> {
    const next: Journal = { ...this.journal, ...change };
    const now = this.context.clock.now();
    if (change.phase) next.began = { ...next.began, [change.phase]: now };
    if (change.phase === 'done') next.finishedAt = now;
    await this.insist(() => this.context.cluster.writeJournal(next, signal), signal);
    this.journal = next;
  }

  /** Repeats a write that must have happened before anything else may, for as long as the other side is away. */
  private async insist(write: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await this.keepLease(signal);
        return await write();
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof PortError) || error.code === 'refused') throw error;
        this.tell('warning', error.message);
        await this.context.clock.sleep(1_000, signal);
      }
    }
  }

  /** What stands in the cluster counts: while this process slept, another one may have gone on with the run. */
  private follow(written: Journal | undefined): Journal {
    if (written && written.run !== this.journal.run) {
      throw new UpgradeError('LEASE_LOST', 'another run has begun meanwhile', 'look at its state before you go on');
    }
    this.journal = written ?? this.journal;
    return this.journal;
  }

  /** Takes the lease, and renews it when it is time. */
  private async keepLease(signal?: AbortSignal): Promise<void> {
    const { clock, cluster, holder } = this.context;
    if (clock.now() - this.leaseAt < RENEW_LEASE_MS) return;
    try {
      await cluster.holdLease(holder, signal);
    } catch (error) {
      if (!(error instanceof PortError) || error.code !== 'conflict') throw error;
      throw new UpgradeError('LEASE_LOST', error.message, 'this process has stopped; the holder goes on with the run', {
        cause: error,
      });
    }
    this.leaseAt = clock.now();
  }

  private tell(kind: 'action' | 'waiting' | 'warning', text: string): void {
    this.context.progress.report({ kind, at: this.context.clock.now(), text });
  }

  private tellPhase(resumed: boolean): void {
    const at = this.context.clock.now();
    this.context.progress.report({ kind: 'phase', at, phase: this.journal.phase, resumed });
  }

  private tellSample(observation: Observation, step: Step): void {
    const { from, phase } = this.journal;
    const green = greenOf(observation.cluster, this.journal);
    this.context.progress.report({
      kind: 'sample',
      at: observation.at,
      sample: {
        at: observation.at,
        phase,
        blue: loadOfSet(observation, from.set),
        green: green ? loadOfSet(observation, green.name) : undefined,
        nodes: nodesOf(observation, from.set).map((node) => ({
          pod: node.pod,
          connections: node.connections,
          sessions: node.sessions,
          evacuating: node.evacuating,
          drained: isDrained(node),
        })),
        leftMs: step.kind === 'stay' ? step.leftMs : undefined,
      },
    });
  }
}

function loadOfSet(observation: Observation, name: string): SetLoad {
  const set = setOf(observation.cluster, name);
  return { set: name, replicas: set?.replicas ?? 0, ready: set?.readyReplicas ?? 0, ...loadOf(observation, name) };
}
