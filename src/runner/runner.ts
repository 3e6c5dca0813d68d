import { setMaxListeners } from 'node:events';
import { isKubeError } from '../kubernetes';
import type { ConfigMap } from '../kubernetes/core-objects';
import { Reflector } from '../kubernetes/reflector';
import { formatProblem } from '../resource';
import { RUNNER_NAME, type RunnerPolicy, readPolicy } from '../resource/runner-policy';
import {
  BlockedError,
  ClusterMissing,
  freeTraffic,
  type UpgradeContext,
  UpgradeError,
  type UpgradeReport,
} from '../upgrade';
import { AnySignal } from '../upgrade/any-signal';
import { within } from '../upgrade/time-limit';
import { type Decision, decide, unheld } from './decide';
import { goOn, TemplateChanged, takeUp } from './drive';
import type { RunnerLink } from './driven-cluster';
import { enforceHold } from './enforce-hold';
import { Fleet, type Member } from './fleet';
import { Foreigners } from './foreigners';
import { Leadership } from './leadership';
import { RecordWriter } from './record-writer';
import { type Records, recordsIn, recordsRef } from './records';
import { Retries } from './retries';
import { type Entry, Roster } from './roster';
import { type SHOWN_DELAY, showByDelay } from './show-by-delay';
import { keyOf, type Sighting } from './sighting';
import { spentMarks } from './spent-marks';
import type { PlanSummary, Tell, Told } from './told';
import { Unlisted } from './unlisted';
import { Waits } from './waits';
import { Wakeup } from './wakeup';

/** The loop looks at the time at least this often, ms: windows open, and waits end. */
const TICK_MS = 10_000;

/** Between two turns for which there is no other reason than the time, ms. */
const SOONEST_MS = 500;

/** From the end of a turn to the next one at least, ms: what happens to many clusters at a time is looked at together. */
const GAP_MS = 100;

/** How long it may take to free the Services of a cluster that was deleted, ms. */
const FREE_MS = 10_000;

/** Without a turn of the loop for this long it hangs, ms. */
const HANGS_MS = 300_000;

export interface RunnerOptions extends RunnerLink {
  /** Of the runner itself, with its ConfigMap and its lease. */
  namespace: string;
  /** Of the clusters. Empty for all. */
  namespaces: readonly string[];
  /** Shows others which process drives a run. */
  holder: string;
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/**
 * Upgrades clusters as its policy says: follows them, decides, and runs the engine.
 *
 * All state is in Kubernetes: the clusters with their leases and journals, and one ConfigMap. It may be killed at any moment; the next
 * one goes on.
 */
export class Runner {
  private readonly wakeup: Wakeup;
  private readonly fleet: Fleet;
  private readonly foreigners: Foreigners;
  private readonly roster: Roster;
  private readonly map: Reflector<ConfigMap>;
  private readonly leadership: Leadership;
  private readonly retries = new Retries();
  private readonly waits = new Waits();
  private readonly writer: RecordWriter;
  private readonly tell: Tell;
  private policy: { text: string; known: RunnerPolicy | undefined } | undefined;
  private turnedAt: number;
  private isReady = false;
  private readonly unlisted = new Unlisted();
  private error: string | undefined;

  constructor(
    private readonly options: RunnerOptions,
    tell: Tell,
  ) {
    this.tell = (told) => {
      this.waits.tell(told);
      tell(told);
    };
    const { api, clock, namespace, namespaces, holder } = options;
    const name = RUNNER_NAME;
    this.wakeup = new Wakeup(clock);
    const wake = () => this.wakeup.wake();
    this.fleet = new Fleet(api, clock, namespaces, wake);
    this.foreigners = new Foreigners(options, this.tell);
    this.roster = new Roster(options, this.tell, (entry) => this.forget(entry));
    this.writer = new RecordWriter({
      ...{ api, clock, namespace },
      failed: (text, cluster) => this.say({ kind: 'error', text, cluster }),
    });
    this.map = new Reflector(api, clock, recordsRef(namespace), wake);
    this.turnedAt = clock.now();
    this.leadership = new Leadership({
      ...{ api, clock, namespace, name, holder, namespaces },
      changed: () => this.leadershipChanged(),
      failed: (reason, isRepeated) => this.sayFailed(`the lease ${name}: ${reason}`, isRepeated),
    });
  }

  /** Why it does not work; undefined while it does. */
  get sickness(): string | undefined {
    const silentMs = this.options.clock.now() - this.turnedAt;
    return silentMs > HANGS_MS ? `the loop has not turned for ${Math.round(silentMs / 1_000)} s` : undefined;
  }

  /** Why it cannot work yet; undefined when it can. */
  get unreadiness(): string | undefined {
    return this.isReady ? undefined : (this.error ?? 'the clusters were not listed yet');
  }

  /** Works until the signal aborts; runs under way are left as they are, for the next runner. */
  async run(signal: AbortSignal): Promise<void> {
    setMaxListeners(0, signal); // every watch is a listener
    this.fleet.run(signal);
    void this.map.run(signal);
    const leading = this.leadership.run(signal);
    while (!signal.aborted) {
      await this.turn(signal);
      const untilNextMs = this.roster.nextLookAt - this.options.clock.now();
      if (this.isReady) await this.options.clock.sleep(GAP_MS, signal).catch(() => undefined);
      await this.wakeup.wait(Math.max(SOONEST_MS, Math.min(TICK_MS, untilNextMs)), signal);
    }
    await Promise.all([...this.roster.entries.values()].map(({ work }) => work));
    await leading;
    await this.leadership.release();
  }

  private async turn(signal: AbortSignal): Promise<void> {
    this.turnedAt = this.options.clock.now();
    try {
      const { members } = this.fleet;
      const maps = this.map.items;
      if (!members || !maps) return;
      this.isReady = true;
      for (const text of this.unlisted.update(this.fleet.unlisted, this.turnedAt)) this.sayFailed(text);
      const records = recordsIn(maps[0]);
      this.readPolicy(records, maps[0]?.metadata.uid);
      const term = this.leadership.signal;
      if (term) {
        await this.foreigners.update(signal);
        await this.roster.update(this.foreigners.without(members), signal);
        if (!term.aborted) this.actAll(records, [signal, term]);
        if (!term.aborted) this.writer.publish(records, this.waits.all, this.spentIn(records, members), signal);
      }
      this.error = undefined;
    } catch (error) {
      if (signal.aborted) return;
      const { message } = error as Error;
      this.sayFailed(message, message === this.error);
      this.error = message;
    }
  }

  private readPolicy({ policy, otherKeys }: Records, uid: string | undefined): void {
    const text = JSON.stringify([policy, otherKeys]);
    if (this.policy?.text === text) return;
    const reading = readPolicy(policy, otherKeys);
    const isSound = 'policy' in reading;
    this.policy = { text, known: isSound ? reading.policy : undefined };
    const problems = isSound ? [] : reading.problems.map(formatProblem);
    this.say({ kind: 'policy', problems, uid });
  }

  private leadershipChanged(): void {
    const isLeading = this.leadership.signal !== undefined;
    if (isLeading) this.roster.allOutdated();
    this.say({ kind: 'leading', isLeading });
    this.wakeup.wake();
  }

  private forget(entry: Entry): void {
    const { ref, cluster, member } = entry;
    const key = keyOf(ref);
    this.retries.forget(key);
    const { openRun } = cluster;
    const isDeleted = this.fleet.members?.get(key)?.resource.metadata.uid !== member.resource.metadata.uid;
    if (!openRun || !isDeleted) return;
    // Nobody may drive the run, so that nobody else does it.
    const { clock } = this.options;
    void within(clock, FREE_MS, (late) => freeTraffic(cluster, openRun, late)).catch((error: Error) => {
      const text = `the traffic Services of a deleted cluster may still select the pods of one set: ${error.message}`;
      this.say({ kind: 'error', text, cluster: ref });
    });
  }

  private spentIn(records: Records, members: ReadonlyMap<string, Member>): string[] {
    const { entries, busy } = this.roster;
    const { namespaces } = this.options;
    const { unlisted } = this.fleet;
    if (unlisted.has('')) return [];
    return spentMarks(records, {
      follows: (namespace) => !unlisted.has(namespace) && (namespaces.length === 0 || namespaces.includes(namespace)),
      exists: (key) => members.has(key) || entries.has(key),
      seen: (key) => (busy.has(key) ? undefined : entries.get(key)?.sighting),
    });
  }

  private actAll({ approved, begun }: Records, ends: AbortSignal[]): void {
    const policy = this.policy?.known;
    const { entries, sightings, busy } = this.roster;
    // However its upgrade has ended: the next one, and the hold, need not wait for what stopped that.
    for (const { state, cluster } of sightings) if (state === 'at-rest') this.retries.ended(keyOf(cluster));
    const notBefore = this.retries.notBefore((key) => entries.get(key)?.member.resource.metadata.generation);
    const { clock, namespace: home } = this.options;
    const decisions = decide({ now: clock.now(), home, policy, clusters: sightings, approved, begun, busy, notBefore });
    for (const decision of decisions) {
      const entry = entries.get(keyOf(decision.cluster.cluster))!;
      if (decision.do === 'leave') this.leave(entry, decision);
      else this.begin(entry, decision, ends);
    }
  }

  /** Told once, and not again before something else was told of this cluster. */
  private leave(entry: Entry, { reason, text }: Pick<Extract<Decision, { do: 'leave' }>, 'reason' | 'text'>): void {
    const known = this.waits.all.get(keyOf(entry.ref));
    if (known?.reason === reason && known.text === text) return;
    this.say({ kind: 'left', ...about(entry), reason, text });
  }

  /**
   * Nobody waits for it; the loop goes on.
   *
   * @param ends each of them ends it
   */
  private begin(entry: Entry, decision: Exclude<Decision, { do: 'leave' }>, ends: AbortSignal[]): void {
    const end = new AnySignal(...ends);
    const { signal } = end;
    setMaxListeners(0, signal); // every request under way is one
    const work = async () => {
      try {
        if (decision.do === 'hold') await this.hold(entry, decision.cluster, signal);
        else if (decision.do === 'resume') await this.resume(entry, decision.cluster, signal);
        else await this.takeUp(entry, decision, signal);
      } catch (error) {
        if (!signal.aborted) await this.handleFailure(entry, decision.cluster.digest, error, signal);
      } finally {
        end.release();
      }
      entry.work = undefined;
      this.roster.outdated(entry);
      this.wakeup.wake();
    };
    entry.work = work();
  }

  private async hold(entry: Entry, sighting: Sighting, signal: AbortSignal): Promise<void> {
    const { ref, cluster, member } = entry;
    const key = keyOf(ref);
    const view = await cluster.observeFresh(signal);
    try {
      const text = await enforceHold(this.options.api, ref, view, signal);
      this.retries.forget(key);
      this.say({ kind: 'held', ...about(entry), text });
    } catch (error) {
      if (signal.aborted || isKubeError(error, 'Conflict')) throw error;
      const { message } = error as Error;
      this.retries.failed(key, 'unheld', message, member.resource.metadata.generation, this.options.clock.now());
      this.leave(entry, unheld(sighting, message));
    }
  }

  private async resume(entry: Entry, { run }: Sighting, signal: AbortSignal): Promise<void> {
    const { id, from = '', to = '' } = run ?? {};
    let isStarted = false;
    // What a check prevents is tried again every few minutes, and has not been resumed.
    const started = () => {
      if (!isStarted) this.say({ kind: 'start', ...about(entry), run: id, from, to, isResumed: true });
      isStarted = true;
    };
    await this.show(entry, 'running', signal);
    const report = await goOn(this.contextOf(entry, started), signal);
    if (report) started();
    await this.ended(entry, report);
  }

  private async takeUp(
    entry: Entry,
    { cluster: { digest }, policy }: Extract<Decision, { do: 'take-up' }>,
    signal: AbortSignal,
  ): Promise<void> {
    const { ref, cluster } = entry;
    let isMarked = false;
    const steps = {
      planned: (plan: PlanSummary) => {
        this.say({ kind: 'plan', ...about(entry), plan });
        isMarked = true;
        return this.writer.mark(ref, { begun: digest }, signal);
      },
      starting: ({ from, to }: PlanSummary) => {
        const [run, isResumed] = [undefined, false];
        this.say({ kind: 'start', ...about(entry), run, from: from.version, to: to.version, isResumed });
        return this.show(entry, 'running', signal);
      },
    };
    const which = { digest, uid: about(entry).uid };
    try {
      await this.ended(entry, await takeUp(this.contextOf(entry), which, policy, steps, signal));
    } catch (error) {
      // It was not begun: a run to the same template is that of another process.
      if (isMarked && !cluster.hasDriven)
        await this.writer.clear(ref, { begun: null }, 'the mark of what was not begun');
      throw error;
    }
  }

  /** @param before called before something is told of the run */
  private contextOf(entry: Entry, before: () => void = () => undefined): UpgradeContext {
    const { cluster, member } = entry;
    return cluster.context(member.resource, this.options.holder, (event) => {
      before();
      this.say({ kind: 'progress', ...about(entry), event });
    });
  }

  /** @param report undefined where another process has ended the run meanwhile */
  private async ended(entry: Entry, report: UpgradeReport | undefined): Promise<void> {
    this.retries.forget(keyOf(entry.ref));
    if (!report) return;
    this.say({ kind: 'end', ...about(entry), report });
    await this.writer.clear(entry.ref, { approved: null, begun: null }, 'the approval');
  }

  private async handleFailure(entry: Entry, digest: string, error: unknown, signal: AbortSignal): Promise<void> {
    // Something has changed meanwhile: it is looked at again.
    if (error instanceof TemplateChanged || error instanceof ClusterMissing || isKubeError(error, 'Conflict')) return;
    const { message } = error as Error;
    const code = error instanceof UpgradeError ? error.code : 'FAILED';
    // Whoever has the lease now drives it, and is seen to; and what was deleted is not tried again.
    if (code === 'LEASE_LOST' || code === 'DELETED') {
      this.say({ kind: 'stopped', ...about(entry), code, text: message, retryAt: undefined });
      return;
    }
    const text = error instanceof BlockedError ? blockersOf(error) : message;
    const kind = error instanceof BlockedError ? 'blocked' : 'stopped';
    const checks = error instanceof BlockedError ? error.blockers.map(({ id }) => id) : [];
    const reason = [digest, code, ...checks].join(' ');
    const { generation } = entry.member.resource.metadata;
    const now = this.options.clock.now();
    const { at: retryAt, isNew } = this.retries.failed(keyOf(entry.ref), kind, reason, generation, now);
    this.say({ kind: 'stopped', ...about(entry), code, text, retryAt, ...(!isNew && { isRepeated: true }) });
    await this.show(entry, 'stopped', signal);
  }

  /** For those who see nothing but the resource. Not worth a failure. */
  private async show(entry: Entry, what: keyof typeof SHOWN_DELAY, signal: AbortSignal): Promise<void> {
    try {
      const generation = await showByDelay(this.options.api, entry.ref, entry.cluster, what, signal);
      if (generation !== undefined) this.retries.written(keyOf(entry.ref), generation);
    } catch (error) {
      if (signal.aborted || isKubeError(error, 'Conflict')) return;
      const text = `what becomes of the upgrade is not shown by the delay: ${(error as Error).message}`;
      this.say({ kind: 'error', text, cluster: entry.ref });
    }
  }

  private sayFailed(text: string, isRepeated = false): void {
    this.say({ kind: 'error', text, cluster: undefined, ...(isRepeated && { isRepeated }) });
  }

  private say(told: DistributiveOmit<Told, 'at'>): void {
    this.tell({ at: this.options.clock.now(), ...told } as Told);
  }
}

function about({ ref, member }: Entry) {
  return { cluster: ref, uid: member.resource.metadata.uid };
}

function blockersOf({ blockers }: BlockedError): string {
  return blockers.map(({ id, finding, fix }) => `${id}: ${finding}${fix ? `; ${fix}` : ''}`).join(' | ');
}
