import type { ClientLedger } from './clients/client-ledger';
import type { ClientReport } from './clients/client-report';

/**
 * What devices saw over time, in steps of a second; of longer ones where there would be too many. Values of a longer step are those of
 * its worst second.
 */
export interface DeviceSeconds {
  /** Begin of the first step, ms since the epoch. */
  from: number;
  stepMs: number;
  /** Devices that are connected at the end of the step; in a longer step the fewest. */
  connected: number[];
  disconnects: number[];
  reconnects: number[];
  /** Attempts to connect that failed. */
  refused: number[];
}

const SECOND_MS = 1_000;
const MOST_STEPS = 1_200;

/**
 * Its seconds are the aligned ones of the report: no burst of a node is cut in two.
 *
 * @param until when the devices were last looked at, ms since the epoch
 */
export function deviceSeconds(ledger: ClientLedger, report: ClientReport, until: number): DeviceSeconds {
  const from = report.secondsOrigin - SECOND_MS;
  const length = Math.max(1, Math.ceil((until - from) / SECOND_MS));
  const [disconnects, reconnects, refused] = [ledger.disconnects, ledger.reconnects, ledger.refusals].map((series) => {
    const seconds = series.perBucket(SECOND_MS, from - ledger.begunAt);
    return Array.from({ length }, (_, second) => seconds[second] ?? 0);
  }) as [number[], number[], number[]];
  let connected = report.clients;
  const levels = disconnects.map((left, second) => {
    connected += reconnects[second]! - left;
    return connected;
  });
  let seconds: DeviceSeconds = {
    from,
    stepMs: SECOND_MS,
    connected: levels,
    disconnects,
    reconnects,
    refused,
  };
  while (seconds.connected.length > MOST_STEPS) seconds = coarser(seconds);
  return seconds;
}

function coarser({ from, stepMs, ...columns }: DeviceSeconds): DeviceSeconds {
  const pairs = (column: number[], pick: (...values: number[]) => number) =>
    column.flatMap((value, index) => (index % 2 === 0 ? [pick(value, column[index + 1] ?? value)] : []));
  return {
    from,
    stepMs: stepMs * 2,
    connected: pairs(columns.connected, Math.min),
    disconnects: pairs(columns.disconnects, Math.max),
    reconnects: pairs(columns.reconnects, Math.max),
    refused: pairs(columns.refused, Math.max),
  };
}
