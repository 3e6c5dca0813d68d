import type { KubeObject } from '../kubernetes';
import { type EmqxResource, generationOf } from '../resource';
import { backOffMs, type Clock, ClusterMissing, type ClusterView } from '../upgrade';
import { DrivenCluster, type RunnerLink } from './driven-cluster';
import type { Member } from './fleet';
import { Liveness } from './liveness';
import { RestKeeper } from './rest-keeper';
import { type ClusterRef, keyOf, type Sighting, sightingOf, unseen } from './sighting';
import type { Tell } from './told';

/** How many clusters are read at a time. */
const AT_ONCE = 8;

/** When a cluster is read again although its resource has not changed, ms. */
const AGAIN_MS: Readonly<Record<Sighting['state'], number>> = {
  'at-rest': Number.POSITIVE_INFINITY,
  // Another process may begin its upgrade without changing the resource.
  waiting: 300_000,
  native: 60_000,
  unsettled: 60_000,
  // The lease of its holder is renewed every 10 s.
  upgrading: 10_000,
};

/** After a change of its resource a cluster is read so often, and for so long: the operator acts a moment later, and unseen. */
const FOLLOW_UP_MS = 3_000;
const FOLLOW_UP_FOR_MS = 30_000;

/** The same while nodes start. */
const STARTING_MS = 10_000;

/** Before it is tried again to store what a cluster runs, ms. */
const UNKEPT_MS = 300_000;

/** A cluster, and what is known of it. */
export interface Entry {
  readonly ref: ClusterRef;
  readonly cluster: DrivenCluster;
  member: Member;
  /** As it was seen last; undefined when that is out of date. */
  sighting: Sighting | undefined;
  /** What the resource was when the cluster was read, as far as it matters, and when that changed. */
  seen: string | undefined;
  changedAt: number;
  lookAt: number;
  failures: number;
  /** What this process does with it now. */
  work: Promise<void> | undefined;
}

/** The clusters one by one: reads each when its resource has changed, and otherwise as rarely as its state allows. */
export class Roster {
  readonly entries = new Map<string, Entry>();
  private readonly liveness = new Liveness();
  private readonly rests = new RestKeeper();
  /** Keys of the clusters of which the template at rest could not be stored. */
  private readonly unkept = new Set<string>();
  /** What was told of a cluster last, by key. */
  private readonly told = new Map<string, string>();

  constructor(
    private readonly link: RunnerLink,
    private readonly tell: Tell,
    /** Called when a cluster is forgotten: it was deleted, or is no longer followed. */
    private readonly removed: (entry: Entry) => void = () => undefined,
  ) {}

  private get clock(): Clock {
    return this.link.clock;
  }

  /** All as they were seen last. */
  get sightings(): Sighting[] {
    return [...this.entries.values()].map(
      ({ sighting, ref, member, cluster }) => sighting ?? unseen(ref, member.resource, cluster.openRun),
    );
  }

  /** By key: those with which something is done, or was until a moment ago, so that what came of it was not read yet. */
  get busy(): Set<string> {
    return new Set([...this.entries].flatMap(([key, { work, lookAt }]) => (work || lookAt === 0 ? [key] : [])));
  }

  /** When one is to be read next, ms since the epoch. */
  get nextLookAt(): number {
    return Math.min(
      ...[...this.entries.values()].map(({ work, lookAt }) => (work ? Number.POSITIVE_INFINITY : lookAt)),
    );
  }

  /**
   * Follows the list of the clusters that exist, and reads those of which something may have changed. One that was deleted while something
   * is done with it is forgotten when that has ended, which it does by itself; one of the same name is another one, and begins after it.
   */
  async update(members: ReadonlyMap<string, Member>, signal: AbortSignal): Promise<void> {
    for (const [key, entry] of this.entries) {
      if (!entry.work && !isSame(entry, members.get(key))) this.remove(key, entry);
    }
    for (const [key, member] of members) {
      const entry = this.entries.get(key);
      if (!entry) this.add(key, member);
      else if (isSame(entry, member)) entry.member = member;
    }
    const due = [...this.entries.values()].filter((entry) => this.isDue(entry));
    for (let next = 0; next < due.length; next += AT_ONCE) {
      await Promise.all(due.slice(next, next + AT_ONCE).map((entry) => this.look(entry, signal)));
    }
  }

  /** What was seen of it is out of date. */
  outdated(entry: Entry): void {
    entry.sighting = undefined;
    entry.lookAt = 0;
    this.told.delete(keyOf(entry.ref));
  }

  /** Everything is read again: this process may have missed changes. */
  allOutdated(): void {
    for (const entry of this.entries.values()) if (!entry.work) this.outdated(entry);
  }

  private add(key: string, member: Member): void {
    const { cluster: ref } = member;
    const isGone = (holder: string) => this.liveness.isGone(holder);
    const cluster = new DrivenCluster(this.link, ref, isGone, (run, incident) =>
      this.tell({ kind: 'incident', at: this.clock.now(), cluster: ref, uid: this.uidOf(key), run, incident }),
    );
    const unknown = { sighting: undefined, seen: undefined, changedAt: 0, lookAt: 0, failures: 0, work: undefined };
    this.entries.set(key, { ref, cluster, member, ...unknown });
  }

  private remove(key: string, entry: Entry): void {
    const { ref, member } = entry;
    this.entries.delete(key);
    this.liveness.forget(key);
    this.rests.forget(key);
    this.unkept.delete(key);
    this.told.delete(key);
    this.removed(entry);
    this.tell({ kind: 'gone', at: this.clock.now(), cluster: ref, uid: member.resource.metadata.uid });
  }

  private uidOf(key: string): string | undefined {
    return this.entries.get(key)?.member.resource.metadata.uid;
  }

  private isDue({ work, member, seen, lookAt }: Entry): boolean {
    if (work) return false;
    return this.clock.now() >= lookAt || substanceOf(member.resource) !== seen;
  }

  private async look(entry: Entry, signal: AbortSignal): Promise<void> {
    const { ref, cluster } = entry;
    const substance = substanceOf(entry.member.resource);
    if (entry.seen !== undefined && entry.seen !== substance) entry.changedAt = this.clock.now();
    entry.seen = substance;
    try {
      const view = await cluster.observeFresh(signal);
      if (entry.work) return; // it was begun meanwhile
      const now = this.clock.now();
      const sighting = sightingOf(ref, view, this.liveness.judge(keyOf(ref), view.lease, now), entry.sighting, now);
      cluster.knows(view.journal);
      const keepMs = await this.keepRest(entry, view, sighting, signal);
      if (entry.work) return;
      const isFresh = now - entry.changedAt < FOLLOW_UP_FOR_MS;
      const againMs = Math.min(
        sighting.isStarting ? STARTING_MS : AGAIN_MS[sighting.state],
        isFresh ? FOLLOW_UP_MS : Number.POSITIVE_INFINITY,
        keepMs,
      );
      Object.assign(entry, { sighting, lookAt: now + againMs, failures: 0 });
      this.tellState(entry, sighting);
    } catch (error) {
      signal.throwIfAborted();
      entry.failures++;
      entry.lookAt = this.clock.now() + backOffMs(entry.failures, keyOf(ref));
      // It was deleted a moment ago: the list of those that exist says so.
      if (error instanceof ClusterMissing) return;
      const again = entry.failures > 1 && ({ isRepeated: true } as const);
      this.tell({ kind: 'error', at: this.clock.now(), cluster: ref, text: (error as Error).message, ...again });
    }
  }

  /** Returns after how long the cluster is to be read again for it, ms. A failure prevents nothing else. */
  private async keepRest(entry: Entry, view: ClusterView, sighting: Sighting, signal: AbortSignal): Promise<number> {
    if (sighting.state !== 'at-rest' || sighting.version !== sighting.served) return Number.POSITIVE_INFINITY;
    const { ref, cluster } = entry;
    const key = keyOf(ref);
    try {
      const againMs = await this.rests.observe(key, cluster, view, this.clock.now(), signal);
      this.unkept.delete(key);
      return againMs;
    } catch (error) {
      signal.throwIfAborted();
      const text = `what it runs at rest could not be stored, so that an upgrade cannot be aborted: ${(error as Error).message}`;
      if (!this.unkept.has(key)) this.tell({ kind: 'error', at: this.clock.now(), cluster: ref, text });
      this.unkept.add(key);
      return UNKEPT_MS;
    }
  }

  private tellState({ ref, member }: Entry, { state, run, isHeld }: Sighting): void {
    const key = keyOf(ref);
    const text = [state, run?.phase, isHeld].join();
    if (this.told.get(key) === text) return;
    this.told.set(key, text);
    const { uid } = member.resource.metadata;
    this.tell({ kind: 'cluster', at: this.clock.now(), cluster: ref, uid, state, phase: run?.phase, isHeld });
  }
}

/**
 * What of a resource shows that something may have changed. Not the time at which the operator reconciled it, and not the order in which it
 * lists the nodes: both change every 20 s.
 */
function substanceOf(resource: EmqxResource & KubeObject): string {
  const known = substances.get(resource);
  if (known !== undefined) return known;
  const { generation, labels } = resource.metadata;
  const { reconciledAt, nodes, ...report } = generationOf(resource).reportOf(resource);
  const substance = JSON.stringify([generation, labels, report]);
  substances.set(resource, substance);
  return substance;
}

/** What a watch has reported is never changed in place, and of a thousand clusters one changes at a time. */
const substances = new WeakMap<EmqxResource, string>();

/** Whether it is still the same object: one that was created again under the same name is another one. */
function isSame({ member }: Entry, now: Member | undefined): boolean {
  return now !== undefined && now.resource.metadata.uid === member.resource.metadata.uid;
}
