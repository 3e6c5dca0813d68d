import { UpgradeError } from './errors';
import { type Clock, type ClusterPort, PortError } from './ports';

const RENEW_MS = 10_000;

/** From then on another process may have taken it, and released it. */
const LEASE_MS = 30_000;

/** Renewals in a row that were refused although no other process holds the lease, before the next observation. */
const TRIES = 3;

/** The lease as the process of a run holds it: takes it, and renews it when it is time, with one request at a time. */
export class HeldLease {
  private at = Number.NEGATIVE_INFINITY;
  /** The renewal in progress: every caller that needs one meanwhile waits for it. */
  private renewing: Promise<void> | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly cluster: ClusterPort,
    private readonly holder: string,
  ) {}

  /** Whether no other process can have held it since it was taken or renewed. */
  get isOurs(): boolean {
    return this.clock.now() - this.at < LEASE_MS;
  }

  /** Whether it is time to take or renew it. */
  get isDue(): boolean {
    return this.clock.now() - this.at >= RENEW_MS;
  }

  /** Takes the lease, and renews it when it is time. @throws UpgradeError `LEASE_LOST` when another process holds it */
  async renewIfDue(signal?: AbortSignal): Promise<void> {
    if (!this.isDue) return;
    this.renewing ??= this.renew(signal).finally(() => {
      this.renewing = undefined;
    });
    await this.renewing;
  }

  /**
   * Called before each write and each order: they follow from what was seen while this process held the lease, and a process that was
   * paused meanwhile must not act on that.
   *
   * @throws Overslept
   */
  async renewBeforeWrite(signal?: AbortSignal): Promise<void> {
    if (!this.isOurs) throw new LeaseExpired();
    await this.renewIfDue(signal);
    if (!this.isOurs) throw new LeaseExpired();
  }

  /** A refused write alone does not mean that the lease is lost: our own write may have succeeded without an answer. */
  private async renew(signal?: AbortSignal): Promise<void> {
    for (let tries = 1; ; tries++) {
      const asked = this.clock.now();
      try {
        await this.cluster.holdLease(this.holder, signal);
        this.at = asked;
        return;
      } catch (error) {
        if (!(error instanceof PortError) || error.code !== 'conflict') throw error;
        const lease = await this.cluster.readLease(signal);
        if (lease?.live && lease.holder !== this.holder) throw leaseLost(`${lease.holder} holds the lease`, error);
        if (tries === TRIES) throw error;
      }
    }
  }
}

/** This process was paused for so long that another one may have resumed the run. */
export class LeaseExpired extends PortError {
  constructor() {
    super('conflict', 'this process was paused; it checks the cluster again');
  }
}

export function leaseLost(reason: string, cause?: unknown): UpgradeError {
  const fix =
    'this process has stopped: attach watches the run, and the same command resumes it once the lease is free';
  return new UpgradeError('LEASE_LOST', reason, fix, { cause });
}
