import { scaleUtc } from 'd3-scale';

/** A tick of an axis of elapsed time. */
export interface TimeTick {
  /** ms since the beginning of the axis. */
  at: number;
  label: string;
}

/** Whole seconds, minutes or hours, about `wanted` of them. */
export function timeTicks(spanMs: number, wanted = 8): TimeTick[] {
  const ticks = scaleUtc([0, spanMs], [0, 1])
    .ticks(wanted)
    .map((date) => date.getTime())
    .filter((at) => at % 1_000 === 0);
  return ticks.map((at) => ({ at, label: elapsed(at, spanMs) }));
}

/** Elapsed time as `1:05`, or `1:02:05` on an axis of hours. */
export function elapsed(ms: number, spanMs = ms): string {
  const seconds = Math.round(ms / 1_000);
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60)];
  return spanMs >= 3_600_000
    ? `${hours}:${two(minutes % 60)}${spanMs < 4 * 3_600_000 || seconds % 60 > 0 ? `:${two(seconds % 60)}` : ''}`
    : `${minutes}:${two(seconds % 60)}`;
}

/** What the labels of such an axis mean. */
export function timeUnit(spanMs: number): string {
  if (spanMs >= 4 * 3_600_000) return 'hours:minutes since the beginning';
  return spanMs >= 3_600_000 ? 'hours:minutes:seconds since the beginning' : 'minutes:seconds since the beginning';
}
