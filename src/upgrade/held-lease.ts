import { UpgradeError } from './errors';
import { type Clock, type ClusterPort, PortError } from './ports';

const RENEW_MS = 10_000;

/** From then on somebody else may have taken it, and given it back. */
const LEASE_MS = 30_000;

/** Renewals that were refused although nobody else holds the lease, in a row, before the next look. */
const TRIES = 3;

/** The lease as the process of a run holds it: it takes it, and renews it when it is time, by one request at a time. */
export class HeldLease {
  private at = Number.NEGATIVE_INFINITY;
  /** The renewal under way: whoever needs one meanwhile waits for this one. */
  private renewing: Promise<void> | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly cluster: ClusterPort,
    private readonly holder: string,
  ) {}

  /** Whether nobody else can have had it since it was taken or renewed. */
  get isOurs(): boolean {
    return this.clock.now() - this.at < LEASE_MS;
  }

  /** Whether it is time to take or renew it. */
  get isDue(): boolean {
    return this.clock.now() - this.at >= RENEW_MS;
  }

  /** Takes the lease, and renews it when it is time. @throws UpgradeError `LEASE_LOST` when somebody else holds it */
  async renewIfDue(signal?: AbortSignal): Promise<void> {
    if (!this.isDue) return;
    this.renewing ??= this.renew(signal).finally(() => {
      this.renewing = undefined;
    });
    await this.renewing;
  }

  /**
   * Goes before each write and each order: they follow from what was seen while the lease was ours, and a process that was paused
   * meanwhile must not act on that.
   *
   * @throws Overslept
   */
  async renewBeforeWrite(signal?: AbortSignal): Promise<void> {
    if (!this.isOurs) throw new LeaseExpired();
    await this.renewIfDue(signal);
    if (!this.isOurs) throw new LeaseExpired();
  }

  /** A refused write alone is no loss: it may have met one of our own whose answer was lost. The lease says who holds it. */
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

/** This process was paused for so long that somebody else may have gone on with the run. */
export class LeaseExpired extends PortError {
  constructor() {
    super('conflict', 'this process was paused; it looks again');
  }
}

export function leaseLost(reason: string, cause?: unknown): UpgradeError {
  const fix =
    'this process has stopped: attach watches the run, and the same command resumes it once the lease is free';
  return new UpgradeError('LEASE_LOST', reason, fix, { cause });
}
