/** How devices are paced: `fixed` at the cap; `adaptive` as fast as those before them reconnect, at most at the cap. */
export const PACINGS = ['fixed', 'adaptive'] as const;
export type Pacing = (typeof PACINGS)[number];

/** The rate of an evacuation that follows its devices. */
export interface AdaptiveRate {
  /** Disconnects per second in the whole cluster: a whole number, at most the cap. */
  perSecond: number;
  /** Since then, ms since the epoch. */
  at: number;
  /** How many reconnected per second when more were offline than is normal: what the other set could take then. */
  limit?: { perSecond: number; at: number } | undefined;
  /** The rate before the latest raise: all of it reconnected in the usual time. */
  kept?: number | undefined;
  /** How many times it was raised since then. */
  raises: number;
  /** No more are disconnected since then: the others are to reconnect first. */
  haltedAt?: number | undefined;
  /** Whether that is because a node that takes devices does not answer as a broker. */
  isSilent?: boolean | undefined;
}

interface Paced {
  pacing?: Pacing | undefined;
  adaptive?: AdaptiveRate | undefined;
  connectionCap: number;
}

/** Devices per second that may be disconnected now, in the whole cluster. */
export function currentRate({ pacing, adaptive, connectionCap }: Paced): number {
  return pacing === 'adaptive' && adaptive ? Math.min(adaptive.perSecond, connectionCap) : connectionCap;
}
