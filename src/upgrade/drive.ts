import { HOLD_DELAY_SECONDS } from '../resource';
import { mergePatch } from './changes';
import type { UpgradeContext } from './context';
import { type Action, decide, isDangerous, type Step } from './decide';
import { UpgradeError } from './errors';
import { Idleness } from './idleness';
import type { Journal } from './journal';
import type { ClusterView, LeaseView, Observation } from './observation';
import { Observer } from './observe';
import { PortError } from './ports';
import { sampleOf } from './sample';
import { type Target, targetsOf, type UpgradeRequest } from './target';
import { Witness } from './witness';

const RENEW_LEASE_MS = 10_000;

/** From then on somebody else may have taken it, and given it back. */
const LEASE_MS = 30_000;

/** So often a write that must happen is tried again although it is refused, once a second. */
const REFUSALS = 5;

/** A change wakes the loop before its time; changes that come together are looked at together. */
const TOGETHER_MS = 100;

/** Before the next look when the latest has become untrue. */
const LOOK_AGAIN_MS = 250;

/** After such an early look the nodes are not asked again before this time has passed. */
const NODES_KEPT_MS = 1_000;

/** Tells when a run has come as far as it shall. */
export type Until = (journal: Journal, observation: Observation) => boolean;

/** One process that brings a run forward: the loop, and nothing that the cluster or the journal does not hold. */
export class Run {
  private readonly observer: Observer;
  private leaseAt = Number.NEGATIVE_INFINITY;
  private heartbeatAt = Number.NEGATIVE_INFINITY;
  private waitingFor = '';
  private isLeft = false;
  private readonly idle = new Idleness();
  private readonly targetIn: (view: ClusterView) => Target;
  private readonly witness = new Witness();

  constructor(
    private readonly context: UpgradeContext,
    private readonly request: UpgradeRequest,
    public journal: Journal,
    /** The cluster as it was before anything was done; absent where the run was begun before. */
    private readonly before: ClusterView | undefined,
    private readonly until: Until = () => false,
  ) {
    this.observer = new Observer(context.clock, context.cluster, context.emqx);
    this.targetIn = targetsOf(request);
  }

  /** To the end, or to where it shall be left. */
  async go(signal?: AbortSignal): Promise<void> {
    const { cluster } = this.context;
    const ended = new AbortController();
    cluster.follow(ended.signal);
    try {
      if (this.before) await this.begin(this.before, signal);
      else this.tellIgnored();
      this.tellPhase(!this.before);
      let keptMs = 0;
      while (this.journal.phase !== 'done' && !this.isLeft) {
        const pauseMs = await this.oneStep(keptMs, signal);
        keptMs = pauseMs > 0 && (await this.pause(pauseMs, signal)) ? NODES_KEPT_MS : 0;
      }
    } finally {
      ended.abort();
    }
  }

  /** Returns how long to wait before the next one. */
  private async oneStep(keptMs: number, signal?: AbortSignal): Promise<number> {
    try {
      const wasOurs = this.isLeaseOurs;
      await this.keepLease(signal);
      // While it was not ours, somebody else may have gone on; a watch may tell it late.
      const observation = await this.observer.look(this.journal, signal, { keptMs, anew: !wasOurs });
      this.follow(observation);
      this.isLeft = this.until(this.journal, observation);
      if (this.isLeft) return 0;
      if (this.witness.see(observation, this.journal)) await this.turnPage({}, undefined, signal);
      const step = this.decide(observation);
      if (this.journal.phase === 'done') return 0;
      this.tellSample(observation);
      if (step.kind === 'stop') return await this.stop(signal);
      if (step.kind !== 'stay' || !step.actions.some(isDangerous)) return await this.take(step, observation, signal);
      // What cannot be taken back is decided on what stands in the cluster now, not on what a watch has told so far.
      const anew = await this.observer.look(this.journal, signal, { keptMs: NODES_KEPT_MS, anew: true });
      this.follow(anew);
      const sure = this.decide(anew);
      return sure.kind === 'stop' ? await this.stop(signal) : await this.take(sure, anew, signal);
    } catch (error) {
      signal?.throwIfAborted();
      // The next look tells what became of it. What cannot be asked again is not a PortError.
      if (!(error instanceof PortError) || error.code === 'missing') throw error;
      this.tell('warning', error.message);
      if (error.code === 'unavailable') this.witness.failed(this.context.clock.now());
      return 1_000;
    }
  }

  /**
   * A run that stops leaves the operator held: nobody is there any more to hold it again. While the nodes were asked, somebody may
   * have released it.
   */
  private async stop(signal?: AbortSignal): Promise<number> {
    const anew = await this.observer.look(this.journal, signal, { keptMs: Number.POSITIVE_INFINITY, anew: true });
    this.follow(anew);
    const step = this.decide(anew);
    return step.kind === 'stop' ? this.take(step, anew, signal) : LOOK_AGAIN_MS;
  }

  private decide(observation: Observation): Step {
    const target = this.targetIn(observation.cluster);
    const { journal, heartbeatAt, idle } = this;
    return decide({ observation, journal, target, heartbeatAt, idleMs: idle.ms });
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
        await this.turnPage({ ...step.note, phase: step.phase }, step.answers && observation, signal, observation);
        this.tellPhase(false);
        return 0;
      case 'note':
        await this.turnPage(step.note, step.answers && observation, signal);
        if (step.say) this.tell('warning', step.say);
        else if (step.answers) this.tell('action', `as asked: ${step.answers}`);
        return 0;
      case 'stay': {
        if (step.waitingFor !== this.waitingFor) this.tell('waiting', step.waitingFor);
        this.waitingFor = step.waitingFor;
        this.idle.see(this.journal, step.waitingFor, observation);
        await this.actAll(step.actions, observation, signal);
        return step.pollMs;
      }
      case 'stop':
        if (step.note) await this.turnPage(step.note, undefined, signal);
        await this.actAll(step.actions ?? [], observation, signal);
        throw new UpgradeError(step.code, step.reason, step.fix);
    }
  }

  /** All of them, whatever becomes of one. */
  private async actAll(actions: readonly Action[], observation: Observation, signal?: AbortSignal): Promise<void> {
    const results = await Promise.allSettled(actions.map((action) => this.act(action, observation, signal)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw passing(failed.reason);
  }

  private async act(action: Action, observation: Observation, signal?: AbortSignal): Promise<void> {
    const { clock, cluster, emqx } = this.context;
    if (action.do === 'start-evacuation' && action.afterMs > 0) await clock.sleep(action.afterMs, signal);
    await this.renewLease(signal);
    switch (action.do) {
      case 'select-traffic':
        this.tell('action', `Service ${action.service} → ${action.revision ?? 'all nodes of the cluster'}`);
        return cluster.selectTraffic(action.service, action.revision, signal);
      case 'lead-traffic':
        this.tell('action', `Endpoints ${action.service} → ${action.revision}`);
        return cluster.leadTraffic(action.service, action.revision, signal);
      case 'patch-resource':
        this.tell('action', action.why);
        return this.patch(action, observation.cluster.resourceVersion, signal);
      case 'revert-resource':
        return this.revert(action.run, observation, signal);
      case 'mark-serving':
        this.tell('action', `open the readiness gate of ${action.pod}`);
        return cluster.markServing(action.pod, signal);
      case 'start-evacuation': {
        const { connectionsPerSecond, sessionsPerSecond } = action.order;
        this.tell('action', `evacuate ${action.pod} at ${connectionsPerSecond}/s, sessions at ${sessionsPerSecond}/s`);
        this.observer.forget(action.pod);
        return emqx.startEvacuation(action.pod, action.node, action.order, signal);
      }
      case 'stop-evacuation':
        this.tell('action', `stop the evacuation of ${action.pod}`);
        this.observer.forget(action.pod);
        return emqx.stopEvacuation(action.pod, action.node, signal);
      case 'scale-set':
        this.tell('action', `scale ${action.set} to ${action.replicas}`);
        return cluster.scaleSet(action.set, action.replicas, signal);
    }
  }

  private async patch(
    { spec, heartbeat }: Extract<Action, { do: 'patch-resource' }>,
    ifVersion: string,
    signal?: AbortSignal,
  ): Promise<void> {
    const before = this.heartbeatAt;
    if (heartbeat) this.heartbeatAt = this.context.clock.now();
    try {
      await this.context.cluster.patchResource({ spec, ifVersion }, signal);
    } catch (error) {
      // It did not happen, so that the operator has not looked.
      if (error instanceof PortError && error.code === 'conflict') this.heartbeatAt = before;
      throw error;
    }
  }

  private async revert(run: string, { cluster: { resource, resourceVersion } }: Observation, signal?: AbortSignal) {
    const { clock, cluster } = this.context;
    const kept = await cluster.keptSpec(run, signal);
    if (!kept) {
      const fix = 'set spec.template back to what the old nodes run, keeping the delay as it is, then ask again';
      throw new UpgradeError('SPEC_LOST', 'what the resource asked for before the run is not kept any more', fix);
    }
    this.tell('action', `give version ${this.journal.from.version} back, the operator held`);
    const spec = mergePatch(resource.spec as Record<string, unknown>, { ...kept, ...held(kept) });
    this.heartbeatAt = clock.now();
    await cluster.patchResource({ spec, ifVersion: resourceVersion }, signal);
  }

  /**
   * @param asked the look in which a request was seen that is removed by this write.
   * @param last the look that the change follows from; of the last one the report is made.
   */
  private async turnPage(
    change: Partial<Journal>,
    asked: Observation | '' | undefined,
    signal?: AbortSignal,
    last?: Observation,
  ): Promise<void> {
    const next: Journal = { ...this.journal, ...change };
    const now = this.context.clock.now();
    Object.assign(next, this.witness.additions(this.journal, next, now, last));
    if (change.phase) next.began = { ...next.began, [change.phase]: now };
    if (change.phase === 'done') next.finishedAt = now;
    const { cluster } = this.context;
    await this.renewLease(signal);
    if (asked) await cluster.writeJournal(next, asked.cluster.journalVersion, signal);
    else {
      const write = async () => {
        await this.renewLease(signal);
        await cluster.writeJournal(next, undefined, signal);
      };
      await this.insist(write, signal);
    }
    this.journal = next;
    this.witness.noted();
    this.idle.reset();
  }

  /**
   * Repeats a write that must have happened before anything else may, for as long as the other side is away. A refusal counts
   * only when it is repeated: an API server that has just started knows no rights for a moment.
   */
  private async insist(write: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    const { clock, cluster } = this.context;
    for (let refusals = 0, isFirst = true; ; isFirst = false) {
      try {
        // It may have been taken by force meanwhile.
        if (!isFirst && this.isLeaseOurs) this.heed((await cluster.observe(signal)).lease);
        return await write();
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof PortError) || error instanceof Overslept) throw error;
        if (error.code === 'refused' && ++refusals > REFUSALS) throw error;
        this.tell('warning', error.message);
        await clock.sleep(1_000, signal);
      }
    }
  }

  /** What stands in the cluster counts: while this process slept, another one may have gone on with the run. */
  private follow({ cluster: { journal: written, lease } }: Observation): void {
    this.heed(lease);
    if (written && written.run !== this.journal.run) throw lost('another run has begun meanwhile');
    this.journal = written ?? this.journal;
  }

  private heed(lease: LeaseView | undefined): void {
    if (lease && lease.holder !== this.context.holder) throw lost(`${lease.holder} has taken the lease`);
  }

  /** Whether nobody else can have had the lease since it was taken or renewed. */
  private get isLeaseOurs(): boolean {
    return this.context.clock.now() - this.leaseAt < LEASE_MS;
  }

  /** Takes the lease, and renews it when it is time. */
  private async keepLease(signal?: AbortSignal): Promise<void> {
    const { clock, cluster, holder } = this.context;
    const asked = clock.now();
    if (asked - this.leaseAt < RENEW_LEASE_MS) return;
    try {
      await cluster.holdLease(holder, signal);
    } catch (error) {
      if (!(error instanceof PortError) || error.code !== 'conflict') throw error;
      throw lost(error.message, error);
    }
    this.leaseAt = asked;
  }

  /**
   * Goes before each write and each order: they follow from what was seen while the lease was ours, and a process that was paused
   * meanwhile must not act on that.
   */
  private async renewLease(signal?: AbortSignal): Promise<void> {
    if (!this.isLeaseOurs) throw new Overslept();
    await this.keepLease(signal);
    if (!this.isLeaseOurs) throw new Overslept();
  }

  /** What may have to be given back is kept first; with the journal the run has begun. */
  private async begin({ resource }: ClusterView, signal?: AbortSignal): Promise<void> {
    const { cluster } = this.context;
    const { journal } = this;
    const write = async () => {
      await this.keepLease(signal);
      if (journal.from.digest !== undefined) await cluster.keepSpec(journal.run, resource.spec, signal);
      await cluster.writeJournal(journal, undefined, signal);
    };
    await this.insist(write, signal);
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

/** This process was paused for so long that somebody else may have gone on with the run. */
class Overslept extends PortError {
  constructor() {
    super('conflict', 'this process was paused; it looks again');
  }
}

/** The update strategy of a spec, held. */
function held({ blueGreenUpdate }: Record<string, unknown>): object {
  return { blueGreenUpdate: { ...(blueGreenUpdate as object), initialDelaySeconds: HOLD_DELAY_SECONDS } };
}

function lost(reason: string, cause?: unknown): UpgradeError {
  const fix = 'this process has stopped; whoever holds the lease goes on with the run';
  return new UpgradeError('LEASE_LOST', reason, fix, { cause });
}

/** What an order was for may go in the same moment; the next look tells. */
function passing(error: unknown): unknown {
  if (!(error instanceof PortError) || error.code !== 'missing') return error;
  return new PortError('conflict', error.message, { cause: error });
}
