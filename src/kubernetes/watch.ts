import { backOffMs, type Clock } from '../upgrade';
import { KubeApiError, type WatchEvent } from './kube-api';
import { type Status, statusError } from './kube-error';
import { hasMetadata, isRecord } from './shape';

/** One watch request from a version on: the lines that the server sends, until it ends the request. */
export type OpenWatch = (resourceVersion: string, signal: AbortSignal) => AsyncIterable<string>;

type Line =
  | WatchEvent
  | { type: 'BOOKMARK'; object: { metadata: { resourceVersion: string } } }
  | { type: 'ERROR'; object: Status };

/** Failures in a row after which a watch gives up, so that its users learn of it within seconds. */
const TRIES = 3;

/**
 * A request that has sent nothing for this long is broken, ms: a middlebox may have dropped it silently. A server
 * sends a bookmark each minute.
 */
export const SILENT_MS = 90_000;

/**
 * The changes after a version as one sequence, from as many watch requests as it takes.
 *
 * - A request that ends is followed by another one from the last version seen, so that nothing is missed and nothing reported
 *   twice. Versions come with the events, and with bookmarks when nothing happens.
 * - It fails when another request makes no sense (410 `Expired`, a refusal), or after three failures in a row.
 * - It ends when the signal aborts.
 *
 * @param who distinguishes watches that wait for the same server
 */
export async function* resumedWatch(
  open: OpenWatch,
  from: string,
  who: string,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent, void> {
  let version = from;
  let failures = 0;
  while (!signal.aborted) {
    try {
      for await (const line of open(version, signal)) {
        const event = parsed(line);
        if (event.type === 'ERROR') throw statusError(event.object);
        failures = 0;
        version = event.object.metadata.resourceVersion ?? version;
        if (event.type !== 'BOOKMARK') yield event;
        if (signal.aborted) return;
      }
      // A server that ends each request at once must not be polled without a pause.
      await clock.sleep(backOffMs(1, who), signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!passing(error) || ++failures === TRIES) throw error;
      await clock.sleep(backOffMs(failures, who), signal).catch(() => undefined);
    }
  }
}

/** Without the message of the parser, which quotes its input. */
function parsed(line: string): Line {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new KubeApiError(200, 'InternalError', 'the watch sent a line that is not JSON');
  }
  const { type, object } = isRecord(value) ? value : {};
  if (typeof type === 'string' && (type === 'ERROR' ? isRecord(object) : hasMetadata(object))) return value as Line;
  throw new KubeApiError(200, 'InternalError', 'the watch sent a line that is not an event');
}

function passing(error: unknown): boolean {
  return (
    error instanceof KubeApiError &&
    (error.code === 'Unreachable' || error.code === 'InternalError' || error.code === 'TooManyRequests')
  );
}
