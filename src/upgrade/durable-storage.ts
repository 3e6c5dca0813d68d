import type { Journal, Phase } from './journal';
import { type DurableSite, type DurableView, nodesOf, type Observation } from './observation';
import type { Clock, DurablePort } from './ports';
import { within } from './time-limit';

/** Phases in which cores that hold such data may go. */
const WATCHED: readonly Phase[] = ['evacuate', 'retire', 'return', 'retire-green'];

/** Phases in which it is waited for; in the others it goes on beside the devices. */
const WAITED_FOR: readonly Phase[] = ['retire', 'retire-green'];

/** Between two reads of the shards while they are waited for, ms: one request for each storage. */
const WAITED_MS = 1_000;
/** Between two reads else, and of the sites, ms: one request for each of these. They change when a core comes or goes. */
const EVERY_MS = 5_000;

/** Longest wait for the answers, ms: meanwhile devices are disconnected, and nobody looks. */
const PATIENCE_MS = 500;
/** Before irreversible actions they are wanted. */
const PATIENCE_SURE_MS = 2_000;

/** Reads where durable sessions are stored, while cores are replaced. It remembers only what saves requests. */
export class DurableReader {
  private last: { at: number; sitesAt: number; view: DurableView } | undefined;
  /** Reads that failed or came late: the next one asks another node. */
  private failed = 0;

  /** @param port absent for EMQX 4.4, which has no such data */
  constructor(
    private readonly clock: Clock,
    private readonly port: DurablePort | undefined,
  ) {}

  /** Shards were ordered to move: what was read before is out of date. */
  invalidate(): void {
    this.last = undefined;
  }

  /** Adds it to an observation where it matters. @param sure whether an answer from before does not count */
  async observe(observation: Observation, journal: Journal, sure: boolean, signal?: AbortSignal): Promise<Observation> {
    const { port, last } = this;
    if (!port || journal.role === 'replicant' || !WATCHED.includes(journal.phase)) return observation;
    const now = this.clock.now();
    const known = last && !sure && last.view !== 'unknown' ? { ...last, view: last.view } : undefined;
    const everyMs = known && hasShards(known.view) && WAITED_FOR.includes(journal.phase) ? WAITED_MS : EVERY_MS;
    if (known && now - known.at < everyMs) return { ...observation, durable: known.view };
    const kept = known && now - known.sitesAt < EVERY_MS ? known.view.sites : undefined;
    const patienceMs = sure ? PATIENCE_SURE_MS : PATIENCE_MS;
    const view = await this.read(port, observation, journal, { kept, patienceMs }, signal);
    this.last = { at: now, sitesAt: kept && known ? known.sitesAt : now, view };
    return { ...observation, durable: view };
  }

  /** From a node that stays. @param kept sites that need not be read */
  private async read(
    port: DurablePort,
    observation: Observation,
    { aborted, from, to }: Journal,
    { kept, patienceMs }: { kept: readonly DurableSite[] | undefined; patienceMs: number },
    signal?: AbortSignal,
  ): Promise<DurableView> {
    const staying = nodesOf(observation, (aborted ? from.set : to.set) ?? '');
    const answering = staying.filter(({ unreachable }) => unreachable === undefined);
    const asked = answering[this.failed % answering.length];
    if (!asked) return 'unknown';
    const view = this.last?.view;
    const isEmpty = view !== undefined && view !== 'unknown' && !hasShards(view);
    const ask = async (until: AbortSignal) => {
      const sites = async () => kept ?? (await port.sites(asked.pod, until)) ?? [];
      // Both at a time, unless none was needed before: a slow node has no time for one after the other.
      const [answer, early] = await Promise.all([port.storages(asked.pod, until), isEmpty ? undefined : sites()]);
      // Without the API there is nothing of it; and without shards nobody asks where they are.
      const storages = answer ?? [];
      return { storages, sites: hasShards({ storages }) ? (early ?? (await sites())) : [] };
    };
    try {
      return await within(this.clock, patienceMs, ask, signal);
    } catch {
      signal?.throwIfAborted();
      this.failed += 1;
      return 'unknown';
    }
  }
}

function hasShards({ storages }: Pick<Exclude<DurableView, 'unknown'>, 'storages'>): boolean {
  return storages.some(({ shards }) => shards.length > 0);
}
