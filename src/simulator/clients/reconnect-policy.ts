import type { Random } from '../random';
import type { RefusalReason } from './client-report';

/**
 * What a client's library does when its connection ends and when an attempt fails, as data: a policy is shared by all clients of a
 * group, and what one of them remembers is its {@link ReconnectState}.
 */
export interface ReconnectPolicy {
  /** How long an attempt waits for TCP to connect, where nothing answers its packets, ms. */
  readonly tcpTimeoutMs: number;
  /** How long an attempt waits for the CONNACK on a connection that TCP has made, ms. */
  readonly connackTimeoutMs: number | 'never';
  /** Milliseconds from the end of the n-th connection to the next attempt; the last one stands for all later ends. */
  readonly afterConnectionMs: readonly number[];
  /** Milliseconds from the n-th failure in a row to the next attempt; the last one stands for all later failures. */
  readonly afterFailureMs: readonly number[];
  /**
   * The random part of each wait. A library with the same random numbers in every process has them in its lists instead.
   *
   * @default - none
   */
  readonly jitter?: Jitter;
  /**
   * The longest wait, jitter included, ms.
   *
   * @default - no limit beyond the lists
   */
  readonly mostMs?: number;
  /**
   * How long a connection must have lasted for the back-off to begin anew, ms. After a shorter one it continues, as after a failure.
   *
   * @default 0: each accepted CONNECT resets it
   */
  readonly resetAfterMs?: number;
  /** After what it never tries again. @default - after nothing */
  readonly ends?: Ends;
  /**
   * When a client of MQTT 3.1.1 sends a CONNECT as MQTT 3.1, at once and without a wait:
   *
   * - `after-refusal`: each refused CONNECT is followed by a second one.
   * - `alternating`: so it is, and after every other end of a connection the first attempt is as MQTT 3.1 already.
   *
   * @default - never
   */
  readonly asMqtt31?: 'after-refusal' | 'alternating';
  /** Whether it subscribes again, by itself, where the node does not have its session. */
  readonly resubscribes: boolean;
  /**
   * Whether a client that connected with clean start off comes back with it on or off: `false` for a library that turns it off.
   *
   * @default - as the first time
   */
  readonly cleanAgain?: false;
}

/**
 * - `full`: anything from 0 to the wait.
 * - `plusMinus`: the wait, longer or shorter by up to this part of it.
 * - `upToMs`: the wait, longer by up to this many milliseconds.
 */
export type Jitter = 'full' | { readonly plusMinus: number } | { readonly upToMs: number };

/** After what a library never tries again. */
export interface Ends {
  /** A connection that the node ended by a DISCONNECT, which only MQTT 5 has: each eviction and takeover. */
  readonly atDisconnect?: boolean;
  /** A connection that was closed without one: the end of a node's process, and with MQTT 3.x each eviction. */
  readonly atClose?: boolean;
  /** A CONNACK that refuses, any or for one of these reasons. */
  readonly atRefusal?: 'any' | readonly RefusalReason[];
  /** A CONNACK that refuses the first CONNECT of the program's life. */
  readonly atFirstRefusal?: boolean;
  /** So many failures in a row. */
  readonly afterFailures?: number;
}

/** Why a client never tries again. */
export const ENDINGS = ['disconnect', 'close', 'refusal', 'first-refusal', 'failures'] as const;
export type Ending = (typeof ENDINGS)[number];

/** What a client remembers of its connections. */
export interface ReconnectState {
  /** How many times it has waited since the back-off began. */
  waits: number;
  /** How many attempts have failed in a row. */
  failures: number;
  /** How many of its connections have ended. */
  connectionEnds: number;
  /** When it was connected last, ms; written only where the policy needs it. */
  connectedAt: number;
  /** Whether its present CONNECT, or the next one, is as MQTT 3.1. */
  isMqtt31: boolean;
}

/** Of a program that has just started. */
export const FRESH: Readonly<ReconnectState> = {
  waits: 0,
  failures: 0,
  connectionEnds: 0,
  connectedAt: 0,
  isMqtt31: false,
};

/** Its CONNECT was accepted. */
export function connected(policy: ReconnectPolicy, state: ReconnectState, now: number): void {
  state.failures = 0;
  if (policy.resetAfterMs === undefined) state.waits = 0;
  else state.connectedAt = now;
}

/**
 * Its connection has ended: milliseconds until the next attempt, or why there is none.
 *
 * @param how by a DISCONNECT of the node, or by a bare close
 */
export function afterConnection(
  policy: ReconnectPolicy,
  state: ReconnectState,
  how: 'disconnect' | 'close',
  now: number,
  random: Random,
): number | Ending {
  const { ends, resetAfterMs, asMqtt31 } = policy;
  state.connectionEnds++;
  if (how === 'disconnect' ? ends?.atDisconnect : ends?.atClose) return how;
  if (resetAfterMs !== undefined && now - state.connectedAt >= resetAfterMs) state.waits = 0;
  state.isMqtt31 = asMqtt31 === 'alternating' && !state.isMqtt31;
  if (!state.isMqtt31) return wait(policy, state, random);
  state.waits = Math.max(state.waits, 1);
  return 0;
}

/** An attempt has failed: milliseconds until the next one, or why there is none. */
export function afterFailure(
  policy: ReconnectPolicy,
  state: ReconnectState,
  reason: RefusalReason,
  random: Random,
): number | Ending {
  const { ends, asMqtt31 } = policy;
  const isRefusal = reason !== 'tcp-refused' && reason !== 'timeout';
  state.failures++;
  if (ends && isRefusal) {
    if (ends.atRefusal === 'any' || ends.atRefusal?.includes(reason)) return 'refusal';
    const isFirst = state.failures === 1 && state.connectionEnds === 0;
    if (ends.atFirstRefusal && isFirst) return 'first-refusal';
  }
  if (ends?.afterFailures !== undefined && state.failures >= ends.afterFailures) return 'failures';
  state.isMqtt31 = asMqtt31 !== undefined && isRefusal && !state.isMqtt31;
  return state.isMqtt31 ? 0 : wait(policy, state, random);
}

function wait(policy: ReconnectPolicy, state: ReconnectState, random: Random): number {
  const { afterConnectionMs, afterFailureMs, jitter, mostMs } = policy;
  const index = state.waits++;
  const ms = index === 0 ? lasting(afterConnectionMs, state.connectionEnds - 1) : lasting(afterFailureMs, index - 1);
  const spread = jitter === undefined ? ms : spreadOf(ms, jitter, random);
  return mostMs === undefined ? spread : Math.min(spread, mostMs);
}

/** An item of a list whose last one stands for all that follow. */
function lasting(list: readonly number[], index: number): number {
  return list[Math.min(Math.max(index, 0), list.length - 1)] ?? 0;
}

function spreadOf(ms: number, jitter: Jitter, random: Random): number {
  if (jitter === 'full') return Math.round(random.between(0, ms));
  if ('upToMs' in jitter) return ms + random.below(jitter.upToMs + 1);
  return Math.round(ms * random.between(1 - jitter.plusMinus, 1 + jitter.plusMinus));
}

/** `from`, doubled again and again, up to `most`. */
export function doubling(from: number, most: number): number[] {
  const list = [from];
  while (list.at(-1)! < most) list.push(Math.min(2 * list.at(-1)!, most));
  return list;
}

/**
 * MQTT.js up to 5.15, and 5.16 with `reconnectOnConnackError: true`: a fixed period, `connectTimeout` 30 s.
 *
 * @param periodMs the library's `reconnectPeriod`. @default 1000
 * @param spreadMs each wait is longer by a random part of this. The library has no jitter: it is for fleets whose programs spread
 *   their reconnects. @default 0
 */
export function mqttJsReconnect(periodMs = 1000, spreadMs = 0): ReconnectPolicy {
  return {
    tcpTimeoutMs: 30_000,
    connackTimeoutMs: 30_000,
    afterConnectionMs: [periodMs],
    afterFailureMs: [periodMs],
    ...(spreadMs > 0 && { jitter: { upToMs: spreadMs } }),
    resubscribes: true,
  };
}
