/**
 * The initial delay that makes the operator build the new nodes and then wait, in seconds (63 years).
 *
 * Not the largest 32-bit number: the operator subtracts the time since the start in 32 bits, and a clock that lags behind
 * the start would wrap that around and end the hold at once.
 */
export const HOLD_DELAY_SECONDS = 2_000_000_000;

/**
 * Holds as well, and says that an upgrade has stopped, or that a check prevents it. Who sees nothing but the resource, such as Argo CD,
 * reads it from the delay: a label or an annotation would reach the pods, and so build new nodes. Any other hold below
 * {@link HOLD_DELAY_SECONDS} says that a run is under way.
 */
export const STOPPED_DELAY_SECONDS = 1_999_500_000;

/** Any delay from here on (32 years) is a hold: heartbeats lower the delay a little each time. */
const LEAST_HOLD_SECONDS = 1_000_000_000;

/** Heartbeats of a run lower a hold by one each time; this many take months. */
const MOST_HEARTBEATS = 1_000_000;

/** The delay that its owner has given: {@link HOLD_DELAY_SECONDS} where heartbeats have lowered that, else what it is. */
export function withoutHeartbeats(delaySeconds: number): number {
  const lowered = HOLD_DELAY_SECONDS - delaySeconds;
  return lowered > 0 && lowered < MOST_HEARTBEATS ? HOLD_DELAY_SECONDS : delaySeconds;
}

/** Whether an initial delay is a hold. */
export function isHold(delaySeconds: number): boolean {
  return delaySeconds >= LEAST_HOLD_SECONDS;
}
