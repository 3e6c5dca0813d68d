import { backOffMs, type Clock } from '../upgrade';
import { KubeApiError, type WatchEvent } from './kube-api';
import { type Status, statusError } from './kube-error';
import { hasMetadata, isRecord } from './shape';

/** One watch request behind a version: the lines that the server sends, until it ends the request. */
export type OpenWatch = (resourceVersion: string, signal: AbortSignal) => AsyncIterable<string>;

type Line =
  | WatchEvent
  | { type: 'BOOKMARK'; object: { metadata: { resourceVersion: string } } }
  | { type: 'ERROR'; object: Status };

/** Failures in a row after which a watch gives up, so that whoever relies on it learns of it within some seconds. */
const TRIES = 3;

/**
 * A request that has sent nothing for so long is broken, ms: what stands between may have dropped it without a word. A server
 * sends a bookmark each minute.
 */
export const SILENT_MS = 90_000;

/**
 * The changes behind a version as one sequence, made of as many watch requests as it takes.
 *
 * - A request that ends is followed by another one behind the last version seen, so that nothing is missed and nothing told
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
      // A server that ends each request at once must not be asked without a break.
      await clock.sleep(backOffMs(1, who), signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!passing(error) || ++failures === TRIES) throw error;
      await clock.sleep(backOffMs(failures, who), signal).catch(() => undefined);
    }
  }
}

/** Without the words of the parser, which quotes what it was given. */
function parsed(line: string): Line {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new KubeApiError(200, 'InternalError', 'the watch sent what is not JSON');
  }
  const { type, object } = isRecord(value) ? value : {};
  if (typeof type === 'string' && (type === 'ERROR' ? isRecord(object) : hasMetadata(object))) return value as Line;
  throw new KubeApiError(200, 'InternalError', 'the watch sent what is no event');
}

function passing(error: unknown): boolean {
  return (
    error instanceof KubeApiError &&
    (error.code === 'Unreachable' || error.code === 'InternalError' || error.code === 'TooManyRequests')
  );
}
