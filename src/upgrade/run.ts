import { versionOf } from '../resource';
import type { UpgradeContext } from './context';
import { type Action, decide, isDangerous, type Step } from './decide';
import { BlockedError, UpgradeError } from './errors';
import { inspect } from './inspect';
import { isOpen, type Journal } from './journal';
import { blueOf, loadOf, type Observation } from './observation';
import { Observer } from './observe';
import { runningVersion } from './plan';
import { PortError } from './ports';
import { blockers } from './preflight';
import { reportOf, type UpgradeReport } from './report';
import { sampleOf } from './sample';
import { type Target, targetOf, type UpgradeRequest } from './target';

const RENEW_LEASE_MS = 10_000;

/** From then on somebody else may have taken it, and given it back. */
const LEASE_MS = 30_000;

/** A change wakes the loop before its time; changes that come together are looked at together. */
const TOGETHER_MS = 100;

/** After such an early look the nodes are not asked again before this time has passed. */
const NODES_KEPT_MS = 1_000;

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
  const { observation, target, checks } = await inspect(context, request, signal);
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
    const { cluster } = this.context;
    const ended = new AbortController();
    cluster.follow(ended.signal);
    try {
      if (!this.resumed) await this.insist(() => cluster.writeJournal(this.journal, signal), signal);
      this.tellPhase(this.resumed);
      if (this.resumed) this.tellIgnored();
      let keptMs = 0;
      while (this.journal.phase !== 'done') {
        const pauseMs = await this.oneStep(keptMs, signal);
        keptMs = pauseMs > 0 && (await this.pause(pauseMs, signal)) ? NODES_KEPT_MS : 0;
      }
      return reportOf(this.journal);
    } finally {
      ended.abort();
    }
  }

  /** Returns how long to wait before the next one. */
  private async oneStep(keptMs: number, signal?: AbortSignal): Promise<number> {
    try {
      await this.keepLease(signal);
      const observation = await this.observer.look(this.journal, signal, { keptMs });
      this.follow(observation);
      const step = this.decide(observation);
      if (this.journal.phase === 'done') return 0;
      this.tellSample(observation);
      if (step.kind !== 'stay' || !step.actions.some(isDangerous)) return await this.take(step, observation, signal);
      // What cannot be taken back is decided on what stands in the cluster now, not on what a watch has told so far.
      const anew = await this.observer.look(this.journal, signal, { keptMs: NODES_KEPT_MS, anew: true });
      this.follow(anew);
      return await this.take(this.decide(anew), anew, signal);
    } catch (error) {
      signal?.throwIfAborted();
      // The next look tells what became of it. What cannot be asked again is not a PortError.
      if (!(error instanceof PortError) || error.code === 'missing') throw error;
      this.tell('warning', error.message);
      return 1_000;
    }
  }

  private decide(observation: Observation): Step {
    const target = targetOf(observation.cluster, this.request);
    return decide({ observation, journal: this.journal, target, heartbeatAt: this.heartbeatAt });
  }

  /** Waits, or less when something changes in the cluster meanwhile; tells whether it did. */
  private async pause(ms: number, signal?: AbortSignal): Promise<boolean> {
    const { clock, cluster } = this.context;
    const over = new AbortController();
    const either = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
    let changed = false;
    try {
      await Promise.race([
        clock.sleep(ms, either),
        cluster.change(over.signal).then(() => {
          changed = true;
        }),
      ]);
    } finally {
      over.abort();
    }
    if (changed) await clock.sleep(Math.min(ms, TOGETHER_MS), signal);
    return changed;
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
    if (action.do === 'start-evacuation' && action.afterMs > 0) await clock.sleep(action.afterMs, signal);
    // A process that was paused meanwhile must not act on what it saw before.
    if (clock.now() - this.leaseAt >= LEASE_MS)
      throw new PortError('conflict', 'this process was paused; it looks again');
    await this.keepLease(signal);
    switch (action.do) {
      case 'select-traffic':
        this.tell('action', `Service ${action.service} → ${action.revision ?? 'all nodes of the cluster'}`);
        return cluster.selectTraffic(action.service, action.revision, signal);
      case 'lead-traffic':
        this.tell('action', `Endpoints ${action.service} → ${action.revision}`);
        return cluster.leadTraffic(action.service, action.revision, signal);
      case 'patch-resource':
        this.tell('action', action.why);
        if (action.heartbeat) this.heartbeatAt = clock.now();
        return cluster.patchResource({ spec: action.spec, ifVersion: observation.cluster.resourceVersion }, signal);
      case 'mark-serving':
        this.tell('action', `open the readiness gate of ${action.pod}`);
        return cluster.markServing(action.pod, signal);
      case 'start-evacuation': {
        const { connectionsPerSecond, sessionsPerSecond } = action.order;
        this.tell('action', `evacuate ${action.pod} at ${connectionsPerSecond}/s, sessions at ${sessionsPerSecond}/s`);
        return emqx.startEvacuation(action.pod, action.node, action.order, signal);
      }
      case 'stop-evacuation':
        this.tell('action', `stop the evacuation of ${action.pod}`);
        return emqx.stopEvacuation(action.pod, action.node, signal);
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
  private follow({ cluster: { journal: written, lease } }: Observation): void {
    const { holder } = this.context;
    if (lease && lease.holder !== holder) throw lost(`${lease.holder} has taken the lease`);
    if (written && written.run !== this.journal.run) throw lost('another run has begun meanwhile');
    this.journal = written ?? this.journal;
  }

  /** Takes the lease, and renews it when it is time. */
  private async keepLease(signal?: AbortSignal): Promise<void> {
    const { clock, cluster, holder } = this.context;
    if (clock.now() - this.leaseAt < RENEW_LEASE_MS) return;
    try {
      await cluster.holdLease(holder, signal);
    } catch (error) {
      if (!(error instanceof PortError) || error.code !== 'conflict') throw error;
      throw lost(error.message, error);
    }
    this.leaseAt = clock.now();
  }

  /** A run keeps what it began with. */
  private tellIgnored(): void {
    const { driver = 'pilot', stormCap } = this.request;
    const { journal } = this;
    if (driver !== journal.driver)
      this.tell('warning', `the run goes on with the ${journal.driver} driver it began with`);
    if (stormCap !== undefined && stormCap !== journal.connectionCap) {
      this.tell('warning', `the run goes on with the cap of ${journal.connectionCap}/s it began with`);
    }
  }

  private tell(kind: 'action' | 'waiting' | 'warning', text: string): void {
    this.context.progress.report({ kind, at: this.context.clock.now(), text });
  }

  private tellPhase(resumed: boolean): void {
    const at = this.context.clock.now();
    this.context.progress.report({ kind: 'phase', at, phase: this.journal.phase, resumed });
  }

  private tellSample(observation: Observation): void {
    const sample = sampleOf(observation, this.journal);
    this.context.progress.report({ kind: 'sample', at: observation.at, sample });
  }
}

function lost(reason: string, cause?: unknown): UpgradeError {
  const fix = 'this process has stopped; whoever holds the lease goes on with the run';
  return new UpgradeError('LEASE_LOST', reason, fix, { cause });
}
