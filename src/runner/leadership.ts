import { setMaxListeners } from 'node:events';
import { isKubeError, type KubeApi } from '../kubernetes';
import { FollowedApi } from '../kubernetes/followed-api';
import { UpgradeLease } from '../kubernetes/lease';
import { FOLLOWS_ANNOTATION, followsText } from '../resource/runner-lease';
import { type Clock, PortError } from '../upgrade';
import { within } from '../upgrade/time-limit';
import { Liveness } from './liveness';

/** Between two renewals of a lease that is valid for 30 s, and between two looks at another runner's. */
const RENEW_MS = 10_000;

/** Without a renewal for this long, another runner may take the lease: this one stops first, ms. */
const LOST_MS = 25_000;

export interface LeadershipOptions {
  api: KubeApi;
  clock: Clock;
  namespace: string;
  name: string;
  holder: string;
  /** The namespaces whose clusters it upgrades, so that others find it. Empty for all. */
  namespaces: readonly string[];
  /** Called at each change of the signal. */
  changed: () => void;
  /** Called each time the lease cannot be read or renewed, with the reason, and whether that is the same as last time. */
  failed: (reason: string, isRepeated: boolean) => void;
}

/** Ensures that of several runners one works. The clusters' own leases protect them in any case; this one saves double work. */
export class Leadership {
  private readonly liveness = new Liveness();
  private readonly lease: UpgradeLease;
  private term: AbortController | undefined;
  private renewedAt = 0;
  /** What the latest attempts failed with; undefined when the latest one succeeded. */
  private failure: string | undefined;

  constructor(private readonly options: LeadershipOptions) {
    const { api, clock, namespace, name, namespaces } = options;
    const isGone = (holder: string) => this.liveness.isGone(holder);
    const annotations = { [FOLLOWS_ANNOTATION]: followsText(namespaces) };
    this.lease = new UpgradeLease(new FollowedApi(api, clock), clock, namespace, name, () => [], isGone, annotations);
  }

  /** Aborts when this process no longer leads; undefined while it does not. */
  get signal(): AbortSignal | undefined {
    return this.term?.signal;
  }

  /** Takes the lease when it can be had, and renews it, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, failed } = this.options;
    while (!signal.aborted) {
      try {
        await this.turn(signal);
        this.failure = undefined;
      } catch (error) {
        if (signal.aborted) break;
        const { message } = error as Error;
        failed(message, message === this.failure);
        this.failure = message;
        const isLost = error instanceof PortError || clock.now() - this.renewedAt >= LOST_MS;
        if (this.term && isLost) this.end();
      }
      await clock.sleep(RENEW_MS, signal).catch(() => undefined);
    }
  }

  /** Gives the lease to whoever wants it. To be called when the work has ended. */
  async release(): Promise<void> {
    const wasLeading = this.term !== undefined;
    this.end();
    if (wasLeading) await this.lease.release(this.options.holder).catch(() => undefined); // it expires by itself
  }

  private async turn(signal: AbortSignal): Promise<void> {
    const { clock, holder } = this.options;
    if (!this.term) {
      const lease = await this.lease.view({ fresh: true }, signal);
      const state = this.liveness.judge('', lease, clock.now());
      // By its times it may have expired although its holder lives: the clocks of machines differ.
      if (lease && lease.holder !== holder && state !== 'gone') return;
    }
    const at = clock.now();
    try {
      await within(clock, RENEW_MS, (limited) => this.lease.hold(holder, limited), signal);
    } catch (error) {
      // Another runner has taken it at the same moment.
      if (!this.term && (isKubeError(error, 'AlreadyExists') || isKubeError(error, 'Conflict'))) return;
      throw error;
    }
    this.renewedAt = at;
    if (this.term) return;
    this.term = new AbortController();
    setMaxListeners(0, this.term.signal); // every run is a listener
    this.options.changed();
  }

  private end(): void {
    if (!this.term) return;
    this.term.abort(new Error('another runner leads'));
    this.term = undefined;
    this.options.changed();
  }
}
