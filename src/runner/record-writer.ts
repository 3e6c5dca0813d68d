import type { KubeApi } from '../kubernetes';
import { isKubeError } from '../kubernetes';
import type { Clock } from '../upgrade';
import { within } from '../upgrade/time-limit';
import { type Marks, mark, publicationOf, publish, type Records, recordsRef } from './records';
import type { ClusterRef } from './sighting';
import type { Wait } from './waits';

/** How long a write to the ConfigMap may take, ms. */
const WRITE_MS = 10_000;

/** Between two writes of what clusters wait for, ms; and after one that has failed. */
const SOONEST_MS = 500;
const AGAIN_MS = 60_000;

interface RecordWriterOptions {
  api: KubeApi;
  clock: Clock;
  /** Of the runner. */
  namespace: string;
  /** Something could not be written. */
  failed: (text: string, cluster?: ClusterRef) => void;
}

/** Writes what the runner has to remember, and what it tells others, to its ConfigMap. */
export class RecordWriter {
  /** When what clusters wait for may be written again, ms; infinite while it is being written. */
  private publishAt = 0;

  constructor(private readonly options: RecordWriterOptions) {}

  mark(cluster: ClusterRef, marks: Marks, signal: AbortSignal): Promise<void> {
    const { api, namespace } = this.options;
    return mark(api, recordsRef(namespace), cluster, marks, signal);
  }

  /** Also when this process is asked to end: an approval counts once. */
  async clear(cluster: ClusterRef, marks: Marks, what: string): Promise<void> {
    try {
      await within(this.options.clock, WRITE_MS, (late) => this.mark(cluster, marks, late));
    } catch (error) {
      this.options.failed(`${what} could not be removed: ${(error as Error).message}`, cluster);
    }
  }

  /**
   * Writes what clusters wait for to where `status` looks, and removes marks that mean nothing any more. Nobody waits for it.
   *
   * @param spent keys of these marks
   */
  publish(
    { published, version }: Records,
    waits: ReadonlyMap<string, Wait>,
    spent: readonly string[],
    signal: AbortSignal,
  ): void {
    const { api, clock, namespace, failed } = this.options;
    const wanted = publicationOf(waits);
    const isUpToDate =
      spent.length === 0 &&
      published.size === wanted.size &&
      [...wanted].every(([key, text]) => published.get(key) === text);
    if (isUpToDate || clock.now() < this.publishAt) return;
    this.publishAt = Number.POSITIVE_INFINITY;
    const ref = recordsRef(namespace);
    const change = { before: published, after: wanted, spent, version };
    void within(clock, WRITE_MS, (late) => publish(api, ref, change, late), signal).then(
      () => {
        this.publishAt = clock.now() + SOONEST_MS;
      },
      (error: Error) => {
        // Something was written meanwhile, such as an approval: it is read first.
        const isConflict = isKubeError(error, 'Conflict');
        this.publishAt = clock.now() + (isConflict ? SOONEST_MS : AGAIN_MS);
        if (signal.aborted || isConflict) return;
        failed(`what clusters wait for was not written to ${ref.name}: ${error.message}`);
      },
    );
  }
}
