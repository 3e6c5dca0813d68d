import type { Random } from '../random';

/** When a client library tries again after its connection ended or an attempt failed. */
export interface ReconnectPolicy {
  /** How long one attempt waits for the CONNACK, in milliseconds. */
  readonly connectTimeoutMs: number;
  /**
   * Milliseconds from the end of the connection, or of a failed attempt, to the next attempt.
   *
   * @param waits how often it has waited since it was last connected: 0 right after the end of the connection.
   */
  delayMs(waits: number, random: Random): number;
}

/**
 * MQTT.js: a fixed period, `connectTimeout` 30 s.
 *
 * After a CONNACK that refuses, it tries again like after any other failure: the library's option
 * `reconnectOnConnackError: true`, without which a client that was refused once never reconnects.
 *
 * @param periodMs the library's `reconnectPeriod`. @default 1000
 * @param jitterMs each wait is longer by a random part of this, as in fleets that spread their reconnects. @default 0
 * @see MQTT.js 5.16, "About Reconnection"
 */
export function mqttJsReconnect(periodMs = 1000, jitterMs = 0): ReconnectPolicy {
  return {
    connectTimeoutMs: 30_000,
    delayMs: (_waits, random) => periodMs + (jitterMs === 0 ? 0 : random.below(jitterMs + 1)),
  };
}

/**
 * Eclipse Paho for Python: 1 s, doubled after each failed attempt up to 120 s, back to 1 s once connected; an attempt
 * waits 5 s.
 *
 * @see paho-mqtt 2, `reconnect_delay_set` and `connect_timeout`
 */
export function pahoReconnect(): ReconnectPolicy {
  return {
    connectTimeoutMs: 5000,
    delayMs: (waits) => Math.min(1000 * 2 ** waits, 120_000),
  };
}
