import { ActionFailures } from './action-failures';
import { ActionLog } from './action-log';
import { changeWithin } from './change-within';
import { CreationWarning } from './creation-warning';
import { decide } from './decide';
import { DurableReader } from './durable-storage';
import { UpgradeError } from './errors';
import { Failures } from './failures';
import { Freshness } from './freshness';
import { HeldLease, LeaseExpired, leaseLost } from './held-lease';
import { Idleness } from './idleness';
import { ignoredOptions } from './ignored-options';
import type { Journal, Stop } from './journal';
import { NodeOrders } from './node-orders';
import type { ClusterView, LeaseView, Observation } from './observation';
import { type ObserveOptions, Observer } from './observe';
import { perform } from './perform';
import { PortError } from './ports';
import { Probes } from './probes';
import { ReconnectMeter } from './reconnect-meter';
import { revertPatch } from './revert';
import { RunRecorder } from './run-recorder';
import { sampleOf } from './sample';
import { isOfOneRole } from './stages';
import { stateWithoutDriver } from './state-without-driver';
import { type Action, isIrreversible, type Step } from './step';
import { type Target, targetsOf, type UpgradeRequest } from './target';
import type { UpgradeContext } from './upgrade-context';

/** Before the next observation when the latest is out of date. */
const LOOK_AGAIN_MS = 250;

/** After such an early observation the nodes are not queried again before this time has passed. */
const NODES_KEPT_MS = 1_000;

/** Decides when a run has come far enough. */
export type Until = (journal: Journal, observation: Observation) => boolean;

/** One process that drives a run: the loop, and no state that the cluster or the journal does not hold. */
export class RunLoop {
  private readonly observer: Observer;
  private readonly lease: HeldLease;
  private readonly orders: NodeOrders;
  private readonly probes: Probes;
  private readonly durable: DurableReader;
  private heartbeatAt = Number.NEGATIVE_INFINITY;
  private readonly stoppedAt = new Map<string, number>();
  private readonly reconnects = new ReconnectMeter();
  private waitingFor = '';
  private isLeaving = false;
  /** Of the journal, as it was last seen or written. */
  private version = '';
  private readonly idle = new Idleness();
  private readonly targetIn: (view: ClusterView) => Target;
  /** Of observations, of lease renewals, and of journal writes. */
  private readonly failures: Failures;
  private readonly actions = new ActionLog((text) => this.report('action', text));
  private readonly failedActions: ActionFailures;
  private readonly freshness: Freshness;
  private readonly creation = new CreationWarning();
  private readonly witness: RunRecorder;

  constructor(
    private readonly context: UpgradeContext,
    private readonly request: UpgradeRequest,
    public journal: Journal,
    /** Of a run that starts here: what the resource asked for, as the old nodes run it, where that is known. */
    private readonly start: { former: object | undefined } | undefined,
    private readonly until: Until = () => false,
  ) {
    const { clock, cluster, emqx, holder } = context;
    this.observer = new Observer(clock, cluster, emqx);
    this.lease = new HeldLease(clock, cluster, holder);
    this.freshness = new Freshness(clock, this.lease);
    this.witness = new RunRecorder(context);
    this.targetIn = targetsOf(request);
    const report = (kind: 'action' | 'warning', text: string) => this.report(kind, text);
    this.failures = new Failures(clock, holder, report);
    this.failedActions = new ActionFailures(clock, holder, report);
    this.orders = new NodeOrders(clock);
    this.probes = new Probes(clock, emqx);
    this.durable = new DurableReader(clock, context.durable);
  }

  /** To the end, or to where it is to be left. */
  async run(signal?: AbortSignal): Promise<void> {
    const { cluster } = this.context;
    const ended = new AbortController();
    cluster.follow(ended.signal);
    try {
      if (this.start) await this.writeFirstJournal(this.start, signal);
      else for (const text of ignoredOptions(this.request, this.journal)) this.report('warning', text);
      this.reportPhase(!this.start);
      let keptMs = 0;
      while (this.journal.phase !== 'done' && !this.isLeaving) {
        const pauseMs = await this.step(keptMs, signal);
        keptMs = pauseMs > 0 && (await changeWithin(this.context, pauseMs, signal)) ? NODES_KEPT_MS : 0;
      }
      // Of a run that has ended no connection is left.
      await Promise.all([this.probes.settled(), this.orders.settled()]);
    } finally {
      ended.abort();
    }
  }

  /** Returns how long to wait before the next one. */
  private async step(keptMs: number, signal?: AbortSignal): Promise<number> {
    try {
      const waitMs = await this.observeAndAct(keptMs, signal);
      this.failures.clear('the cluster answers again');
      return waitMs;
    } catch (error) {
      await this.handleFailure(error, signal); // the next observation shows the result
      return 0;
    }
  }

  private async observeAndAct(keptMs: number, signal?: AbortSignal): Promise<number> {
    const fresh = this.freshness.mustRead(this.journal.phase);
    await this.lease.renewIfDue(signal);
    const observation = await this.observe(signal, { keptMs, fresh });
    if (fresh) this.freshness.refreshed();
    this.adoptWritten(observation);
    this.isLeaving = this.until(this.journal, observation);
    if (this.isLeaving) return 0;
    if (this.witness.observe(observation, this.journal)) await this.writeJournal({}, false, signal);
    const step = this.decide(observation);
    if (this.journal.phase === 'done') return 0;
    this.reportSample(observation);
    const uncreated = this.creation.in(observation.cluster);
    if (uncreated !== undefined) this.report('warning', uncreated);
    if (step.kind === 'stop') return this.stop(signal);
    if (!isIrreversible(step)) return this.takeStep(step, observation, signal);
    // Irreversible steps are decided on the cluster's state now, not on what a watch has reported so far; orders, also on that of the nodes.
    const how = step.kind === 'next' ? { fresh: true } : { sure: true };
    const now = await this.observe(signal, { keptMs: NODES_KEPT_MS, ...how });
    this.adoptWritten(now);
    const sure = this.decide(now);
    return sure.kind === 'stop' ? this.stop(signal) : this.takeStep(sure, now, signal);
  }

  /**
   * Waits before the next attempt.
   *
   * @throws UpgradeError when it fails for too long, or the error itself where a retry makes no sense
   */
  private async handleFailure(error: unknown, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { failures, journal } = this;
    failures.add(error);
    if (failures.last?.code === 'unavailable') this.witness.failed(this.context.clock.now());
    this.freshness.invalidate();
    const isSilent = !journal.paused && failures.forMs > journal.limits.stallMs;
    if (failures.isRefused || isSilent) throw failures.givenUp(stateWithoutDriver(journal.phase));
    await this.context.clock.sleep(failures.waitMs, signal);
  }

  /**
   * A run that stops leaves the operator held: no process remains to hold it again. While the nodes were queried, the operator may
   * have been released.
   */
  private async stop(signal?: AbortSignal): Promise<number> {
    const fresh = await this.observe(signal, { keptMs: Number.POSITIVE_INFINITY, sure: true });
    this.adoptWritten(fresh);
    let step = this.decide(fresh);
    if (step.kind === 'stop' && step.waitedFor !== undefined) {
      // What was waited for may have happened, and something else after it, without a watch event.
      this.idle.observe(this.journal, step.waitedFor, fresh);
      step = this.decide(fresh);
    }
    if (step.kind === 'stop') return this.takeStep(step, fresh, signal);
    this.freshness.invalidate(); // the reason to stop was gone
    return LOOK_AGAIN_MS;
  }

  private async observe(signal: AbortSignal | undefined, options: ObserveOptions): Promise<Observation> {
    const observation = await this.observer.observe(this.journal, signal, options);
    const stored = await this.durable.observe(observation, this.journal, options.sure ?? false, signal);
    if (this.journal.pacing === 'adaptive') this.reconnects.observe(observation, this.journal);
    return this.probes.observe(stored, this.journal, signal);
  }

  private decide(observation: Observation): Step {
    const target = this.targetIn(observation.cluster);
    const { journal, heartbeatAt, stoppedAt, idle } = this;
    const reconnects = this.reconnects.seen(journal);
    if (!journal.raise) stoppedAt.clear();
    const refusal = this.failedActions.refusal;
    return decide({ observation, journal, target, heartbeatAt, stoppedAt, reconnects, idleMs: idle.ms, refusal });
  }

  /** Returns how long to wait before the next observation. */
  private async takeStep(step: Step, observation: Observation, signal?: AbortSignal): Promise<number> {
    switch (step.kind) {
      case 'next':
        await this.writeJournal({ ...step.note, phase: step.phase }, step.answers !== undefined, signal, observation);
        if (step.warning) this.report('warning', step.warning);
        this.reportPhase(false);
        return 0;
      case 'note':
        await this.writeJournal(step.note, step.answers !== undefined, signal);
        if (step.warning) this.report('warning', step.warning);
        else if (step.answers) this.report('action', `as requested: ${step.answers}`);
        return 0;
      case 'wait': {
        if (step.waitingFor !== this.waitingFor) this.report('waiting', step.waitingFor);
        this.waitingFor = step.waitingFor;
        this.idle.observe(this.journal, step.waitingFor, observation);
        if (step.fresh) this.freshness.invalidate();
        return Math.min(step.pollMs, await this.actAll(step.actions, observation, signal));
      }
      case 'stop': {
        const { note, actions = [] } = step;
        if (note) await this.writeJournal(note, false, signal);
        const waitMs = await this.actAll(actions, observation, signal);
        await this.orders.settled();
        if (this.failedActions.mayBeRetried(actions)) return waitMs;
        const { code, fix } = step;
        const others = this.failedActions.messages.filter((message) => !step.reason.includes(message));
        const reason = [step.reason, ...others].join('; ');
        await this.noteStop({ at: observation.at, code, reason, fix }, signal);
        throw new UpgradeError(code, reason, fix);
      }
    }
  }

  /** All of them, even if one fails. Returns after how many ms a failed one is to be retried. */
  private async actAll(actions: readonly Action[], observation: Observation, signal?: AbortSignal): Promise<number> {
    const results = await Promise.allSettled(actions.map((action) => this.attempt(action, observation, signal)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    return this.failedActions.nextRetryMs(actions);
  }

  private async attempt(action: Action, observation: Observation, signal?: AbortSignal): Promise<void> {
    if (!this.failedActions.isDue(action) || this.orders.isWaiting(action)) return;
    if ('afterMs' in action && action.afterMs) await this.context.clock.sleep(action.afterMs, signal);
    await this.lease.renewBeforeWrite(signal);
    await this.orders.take(action, async () => {
      try {
        await this.act(action, observation, signal);
        this.failedActions.done(action);
      } catch (error) {
        signal?.throwIfAborted();
        this.failedActions.add(action, error);
        this.freshness.invalidate();
      }
    });
  }

  private async act(action: Action, observation: Observation, signal?: AbortSignal): Promise<void> {
    if (!this.failedActions.has(action)) this.actions.add(action, this.journal.from.version);
    if (action.do === 'patch-resource') return this.patch(action, observation.cluster.resourceVersion, signal);
    if (action.do === 'revert-resource') return this.revert(action, observation, signal);
    const outdate = () => {
      if (action.do === 'start-evacuation' || action.do === 'stop-evacuation') this.observer.invalidate(action.pod);
      if (action.do === 'move-storage') this.durable.invalidate();
    };
    outdate();
    // It may have been asked meanwhile, and have answered what it was before.
    await perform(action, this.context, signal)?.finally(outdate);
    if (action.do === 'stop-evacuation') this.stoppedAt.set(action.pod, this.context.clock.now());
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
      // It did not happen, so the operator has not made a pass.
      if (error instanceof PortError && error.code !== 'unavailable') this.heartbeatAt = before;
      throw error;
    }
  }

  private async revert(
    { run, keepsIdle }: Extract<Action, { do: 'revert-resource' }>,
    { cluster: { resource, resourceVersion } }: Observation,
    signal?: AbortSignal,
  ) {
    const { clock, cluster } = this.context;
    const spec = revertPatch(resource, await cluster.keptSpec(run, signal), keepsIdle);
    this.heartbeatAt = clock.now();
    await cluster.patchResource({ spec, ifVersion: resourceVersion }, signal);
  }

  /**
   * A process that was paused between its last observation and this write, while another one resumed the run, writes nothing:
   * the journal has another version by then.
   *
   * @param answersRequest whether this write removes the request that was read
   * @param last the observation that the change is based on; the report is made from the last one.
   */
  private async writeJournal(
    change: Partial<Journal>,
    answersRequest: boolean,
    signal?: AbortSignal,
    last?: Observation,
  ): Promise<void> {
    const next: Journal = { ...this.journal, stopped: undefined, ...change };
    const now = this.context.clock.now();
    Object.assign(next, await this.witness.additions(this.journal, next, now, last, signal));
    // A phase that comes again with the next role has begun with the first one.
    if (change.phase) next.began = { ...next.began, [change.phase]: next.began[change.phase] ?? now };
    if (change.phase === 'done') next.finishedAt = now;
    const { cluster } = this.context;
    const write = async () => {
      await this.lease.renewBeforeWrite(signal);
      this.version = await cluster.writeJournal(next, { version: this.version, answersRequest }, signal);
    };
    await this.writeUntilDone(write, false, signal);
    this.journal = next;
    this.witness.written();
    // A note alone (an incident, a hold) does not reset waits.
    if (change.phase || answersRequest) this.idle.reset();
    // What is refused stays refused, whatever somebody requests meanwhile.
    if (change.phase) this.failedActions.reset();
  }

  /** For whoever looks at the cluster later. Tried once: the error is reported here in any case. */
  private async noteStop(stopped: Stop, signal?: AbortSignal): Promise<void> {
    const write = async () => {
      await this.lease.renewBeforeWrite(signal);
      await this.context.cluster.writeJournal({ ...this.journal, stopped }, { version: this.version }, signal);
    };
    await write().catch(() => signal?.throwIfAborted());
  }

  /**
   * Repeats a write that must succeed before anything else is done.
   *
   * @param inAnyCase whether it also makes sense when something has changed meanwhile
   */
  private async writeUntilDone(write: () => Promise<void>, inAnyCase: boolean, signal?: AbortSignal): Promise<void> {
    const { cluster } = this.context;
    for (let isFirst = true; ; isFirst = false) {
      try {
        // Another process may have taken it by force meanwhile.
        if (!isFirst && this.lease.isOurs) this.checkLease(await cluster.readLease(signal));
        await write();
        return this.failures.clear('the cluster answers again');
      } catch (error) {
        const isConflict = error instanceof PortError && error.code === 'conflict';
        if (error instanceof LeaseExpired || (isConflict && !inAnyCase)) throw error;
        await this.handleFailure(error, signal);
      }
    }
  }

  /** The journal in the cluster counts: while this process slept, another one may have resumed the run. */
  private adoptWritten({ cluster: { journal: written, journalVersion, lease } }: Observation): void {
    this.checkLease(lease);
    if (written && written.run !== this.journal.run) throw leaseLost('another run has started meanwhile');
    this.version = journalVersion;
    const { phase } = this.journal;
    this.journal = written ?? this.journal;
    if (this.journal.phase === phase) return;
    // Our own write whose answer was lost, or another process that has released the lease.
    this.idle.reset();
    this.failedActions.reset();
    this.reportPhase(false);
  }

  private checkLease(lease: LeaseView | undefined): void {
    if (lease && lease.holder !== this.context.holder) throw leaseLost(`${lease.holder} has taken the lease`);
  }

  /** What may have to be restored is stored first; the run has started once the journal is written. */
  private async writeFirstJournal({ former }: { former: object | undefined }, signal?: AbortSignal): Promise<void> {
    const { cluster } = this.context;
    const { journal } = this;
    const write = async () => {
      await this.lease.renewIfDue(signal);
      if (former && journal.from.digest !== undefined) await cluster.keepSpec(journal.run, former, signal);
      this.version = await cluster.writeJournal(journal, undefined, signal);
    };
    await this.writeUntilDone(write, true, signal);
  }

  private report(kind: 'action' | 'waiting' | 'warning', text: string): void {
    this.context.progress.report({ kind, at: this.context.clock.now(), text });
  }

  private reportPhase(resumed: boolean): void {
    const at = this.context.clock.now();
    const { phase, role } = this.journal;
    this.context.progress.report({ kind: 'phase', at, phase, ...(role && isOfOneRole(phase) && { role }), resumed });
  }

  private reportSample(observation: Observation): void {
    this.context.progress.report({ kind: 'sample', at: observation.at, sample: sampleOf(observation, this.journal) });
  }
}
