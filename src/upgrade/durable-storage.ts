import type { Journal, Phase } from './journal';
import { type DurableView, nodesOf, type Observation } from './observation';
import type { Clock, DurablePort } from './ports';

/** Phases in which cores that hold such data may go. */
const WATCHED: readonly Phase[] = ['evacuate', 'retire', 'return', 'retire-green'];

/** Between two reads, ms: each is one request for each site and each storage. */
const EVERY_MS = 1_000;

/** Reads where durable sessions are stored, while cores are replaced. It remembers only what saves requests. */
export class DurableReader {
  private last: { at: number; view: DurableView } | undefined;

  /** @param port absent for EMQX 4.4, which has no such data */
  constructor(
    private readonly clock: Clock,
    private readonly port: DurablePort | undefined,
  ) {}

  /** Adds it to an observation where it matters. @param fresh whether an answer from before does not count */
  async observe(
    observation: Observation,
    journal: Journal,
    fresh: boolean,
    signal?: AbortSignal,
  ): Promise<Observation> {
    const { port, last } = this;
    if (!port || journal.role === 'replicant' || !WATCHED.includes(journal.phase)) return observation;
    const now = this.clock.now();
    if (!fresh && last && last.view !== 'unknown' && now - last.at < EVERY_MS) {
      return { ...observation, durable: last.view };
    }
    const view = await this.read(port, observation, journal, signal);
    this.last = { at: now, view };
    return { ...observation, durable: view };
  }

  /** From a node that stays. */
  private async read(
    port: DurablePort,
    observation: Observation,
    { aborted, from, to }: Journal,
    signal?: AbortSignal,
  ): Promise<DurableView> {
    const staying = nodesOf(observation, (aborted ? from.set : to.set) ?? '');
    const asked = staying.find(({ unreachable }) => unreachable === undefined);
    if (!asked) return 'unknown';
    try {
      const [sites, storages] = await Promise.all([port.sites(asked.pod, signal), port.storages(asked.pod, signal)]);
      // Without the API there is nothing of it.
      return { sites: sites ?? [], storages: storages ?? [] };
    } catch {
      signal?.throwIfAborted();
      return 'unknown';
    }
  }
}
