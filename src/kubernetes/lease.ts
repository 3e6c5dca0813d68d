import { type Clock, type LeaseView, PortError } from '../upgrade';
import { LeaseExpired } from '../upgrade/held-lease';
import type { Lease } from './core-objects';
import type { FollowedApi, ListOptions } from './followed-api';
import type { KubeObject, ObjectRef, OwnerReference } from './kube-api';
import { refuseFormer } from './ownership';

/** For how long a lease is valid without being renewed. */
const DURATION_SECONDS = 30;

/** The process may be paused between two requests: another one may have taken its lease by then. */
export type StillHeld = () => void;

/** The lease that ensures that only one process at a time drives the upgrade of a cluster. */
export class UpgradeLease {
  private readonly ref: ObjectRef;
  /** When this process last asked for it, and got it; undefined where it never did, or has released it. */
  private heldAt: number | undefined;

  constructor(
    private readonly api: FollowedApi,
    private readonly clock: Clock,
    namespace: string,
    name: string,
    /** The owner of the lease, with which it is removed. */
    private readonly owners: () => OwnerReference[] = () => [],
    private readonly isGone: (holder: string) => boolean = () => false,
    /** What else whoever holds it says of itself. */
    private readonly annotations: Readonly<Record<string, string>> = {},
  ) {
    this.ref = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace, name };
  }

  async view(how: ListOptions, signal?: AbortSignal): Promise<LeaseView | undefined> {
    return this.viewOf(await this.read(how, signal));
  }

  /** The same, with what its holder says of itself. */
  async viewWithAnnotations(
    how: ListOptions,
    signal?: AbortSignal,
  ): Promise<{ view: LeaseView | undefined; annotations: Readonly<Record<string, string>> }> {
    const lease = await this.read(how, signal);
    return { view: this.viewOf(lease), annotations: lease?.metadata.annotations ?? {} };
  }

  private viewOf(lease: Lease | undefined): LeaseView | undefined {
    const holder = lease?.spec.holderIdentity;
    if (!lease || !holder) return undefined;
    return {
      holder,
      live: this.isLive(lease),
      acquiredAt: Date.parse(lease.spec.acquireTime ?? '') || 0,
      expiresAt: expiryOf(lease),
      leftMs: expiryOf(lease) - this.now(),
    };
  }

  /**
   * To be called between a read and the write that follows from it.
   *
   * @throws LeaseExpired where this process held the lease, and it has expired meanwhile.
   */
  readonly stillHeld: StillHeld = () => {
    if (this.heldAt !== undefined && this.clock.now() - this.heldAt >= DURATION_SECONDS * 1_000)
      throw new LeaseExpired();
  };

  /**
   * Takes the lease, or renews it.
   *
   * @throws PortError `conflict` when another process holds it, or took it at the same moment.
   */
  async hold(holder: string, signal?: AbortSignal): Promise<void> {
    const asked = this.clock.now();
    await this.take(holder, signal);
    this.heldAt = asked;
  }

  private async take(holder: string, signal?: AbortSignal): Promise<void> {
    const lease = await this.read({ fresh: true }, signal);
    const now = micro(this.now());
    if (!lease) {
      const { apiVersion, kind, namespace, name } = this.ref;
      const spec = {
        holderIdentity: holder,
        leaseDurationSeconds: DURATION_SECONDS,
        acquireTime: now,
        renewTime: now,
        leaseTransitions: 0,
      };
      const { annotations } = this;
      const metadata = { namespace, name, ownerReferences: this.owners(), annotations };
      await this.api.create<Lease>({ apiVersion, kind, metadata, spec }, signal);
      return;
    }
    const mine = lease.spec.holderIdentity === holder;
    if (!mine && this.isLive(lease)) {
      throw new PortError(
        'conflict',
        `${lease.spec.holderIdentity} holds the lease ${this.ref.name} since ${lease.spec.acquireTime}`,
      );
    }
    await this.write(
      lease,
      {
        holderIdentity: holder,
        leaseDurationSeconds: DURATION_SECONDS,
        renewTime: now,
        ...(mine ? {} : { acquireTime: now, leaseTransitions: (lease.spec.leaseTransitions ?? 0) + 1 }),
      },
      signal,
      { annotations: this.annotations },
    );
  }

  /** Releases the lease; nothing happens when another process holds it. */
  async release(holder: string, signal?: AbortSignal): Promise<void> {
    this.heldAt = undefined;
    const lease = await this.read({ fresh: true }, signal);
    if (lease?.spec.holderIdentity !== holder) return;
    await this.write(lease, { holderIdentity: null, renewTime: null, acquireTime: null }, signal);
  }

  private async write(lease: Lease, spec: object, signal?: AbortSignal, more: object = {}): Promise<void> {
    const { resourceVersion, ownerReferences } = lease.metadata;
    // A lease of an earlier version has no owner, and would remain when the cluster is deleted.
    const owned = ownerReferences ? {} : { ownerReferences: this.owners() };
    const body = { metadata: { resourceVersion, ...owned, ...more }, spec };
    await this.api.patch(this.ref, { type: 'merge', body }, {}, signal);
  }

  private isLive(lease: Lease): boolean {
    const { holderIdentity } = lease.spec;
    return Boolean(holderIdentity) && this.now() < expiryOf(lease) && !this.isGone(holderIdentity ?? '');
  }

  /** The one clock that all processes share is that of the API server: theirs may differ by minutes. */
  private now(): number {
    return this.api.time() ?? this.clock.now();
  }

  private async read(how: ListOptions, signal?: AbortSignal): Promise<Lease | undefined> {
    const [lease] = await this.api.list<KubeObject & Partial<Lease>>(this.ref, how, signal);
    refuseFormer(lease, this.owners());
    // The API accepts a lease without a spec: it has no holder.
    return lease && { ...lease, spec: lease.spec ?? {} };
  }
}

/** ms since the epoch; 0 for one that was never renewed. */
function expiryOf({ spec: { renewTime = '', leaseDurationSeconds = DURATION_SECONDS } }: Lease): number {
  const renewed = Date.parse(renewTime);
  return Number.isNaN(renewed) ? 0 : renewed + leaseDurationSeconds * 1000;
}

/** The API's MicroTime. */
function micro(at: number): string {
  return new Date(at).toISOString().replace('Z', '000Z');
}
