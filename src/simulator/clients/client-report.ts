import type { CloseCause } from '../emqx/types';

/**
 * Why a connection was not made: TCP refused (no endpoint, or nothing listens), return code 3 of MQTT 3.x (server
 * unavailable), reason codes 0x9C (use another server), 0x97 (quota exceeded) and 0x88 (server unavailable) of MQTT 5, or no answer
 * in time.
 */
export type RefusalReason = 'tcp-refused' | 'rc3' | '0x9C' | '0x97' | '0x88' | 'timeout';

/** How many attempts failed for each reason. */
export type RefusalCounts = Record<Exclude<RefusalReason, '0x88'>, number> & { '0x88'?: number };

/** The most events within windows of time that may start anywhere (half-open: `[t, t + window)`). */
export interface SlidingPeaks {
  in1s: number;
  in100ms: number;
}

/**
 * What clients saw since `begin()`.
 *
 * **Clients** are those that were connected or disconnected at `begin()` and those that connected for the first time since.
 * A device that was offline at `begin()` belongs to them only once it is disconnected after its return: until then only its
 * session and its messages are of interest.
 *
 * **A disconnect** is a connection ended by the other side. A client that leaves by itself is not disconnected.
 * **A reconnect** is an accepted CONNECT of a client that was disconnected: first connects and returns are none.
 *
 * **Aligned and sliding seconds.** EMQX evicts in one burst per node and second. A rate "per second" is kept when every
 * second holds at most one burst of each node; whether a window holds one or two bursts depends on where it starts as
 * soon as a burst has a length. So there are two figures:
 * - *aligned*: seconds `[origin + k·1000 ms, origin + (k+1)·1000 ms)`. The origin is put where the bursts are not: the
 *   middle of the longest stretch of the second, taken as a circle, in which the fewest disconnects fell. With N nodes
 *   that start 1/N s apart that is half-way between two bursts, 1/2N s from either. This is the figure to compare with
 *   a requested rate.
 * - *sliding*: the worst second (or 100 ms) wherever it starts, which may hold parts of two bursts of one node. This is
 *   what a server had to bear.
 */
export interface ClientReport {
  clients: number;
  disconnects: number;
  disconnectsByCause: Record<CloseCause['kind'], number>;
  disconnectsPerClient: {
    /** `disconnects / clients`; 0 without clients. */
    mean: number;
    max: number;
    /** `histogram[n]` clients were disconnected n times; its length is `max + 1`. */
    histogram: number[];
  };
  /** Attempts to connect that failed, of everyone, devices and unknown clients too. */
  refusedConnects: number;
  /** `0x88` is left out while there was none. */
  refusedByReason: RefusalCounts;
  /** The most attempts that failed for one client. */
  refusedPerClientMax: number;
  /** Where aligned seconds start, in milliseconds since the epoch. */
  secondsOrigin: number;
  /** The most disconnects in an aligned second. */
  peakDisconnectsPerSecond: number;
  /** The most reconnects in an aligned second. */
  peakReconnectsPerSecond: number;
  slidingDisconnects: SlidingPeaks;
  slidingReconnects: SlidingPeaks;
  /**
   * Milliseconds from a disconnect to the accepted CONNECT, one value per outage, percentiles by nearest rank. An
   * outage that still lasts counts with its length so far, one that lasted at `begin()` counts from there.
   */
  offlineMs: { p50: number; p95: number; max: number };
  /** The lengths of all outages together, in seconds. */
  offlineClientSeconds: number;
  /** The fewest clients connected at one time, devices that have returned among them. */
  leastConnected: number;
  /** Clients and devices that came back for a session of theirs and always found it (Session Present 1). */
  sessionsKept: number;
  /** Clients and devices that at least once did not find their session, be it lost or expired. */
  sessionsLost: number;
  /** Messages that waited for a device at `begin()` or were queued for one since. */
  messagesQueued: number;
  /** How many of them were delivered, each counted once. */
  messagesDelivered: number;
  /** Clients that are not connected although they were to be, those that never try again among them. */
  stillOffline: number;
  /** Clients that never try to connect again, as their libraries do. */
  gaveUp: number;
  /** Clients whose session was lost, and which are connected without subscribing again: they receive nothing. */
  deaf: number;
}
