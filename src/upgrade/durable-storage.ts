import type { Journal, Phase } from './journal';
import { type DurableView, nodesOf, type Observation } from './observation';
import type { Clock, DurablePort } from './ports';
import { within } from './time-limit';

/** Phases in which cores that hold such data may go. */
const WATCHED: readonly Phase[] = ['evacuate', 'retire', 'return', 'retire-green'];

/** Between two reads, ms: each is one request for each site and each storage. */
const EVERY_MS = 1_000;

/** Longest wait for the answers, ms: meanwhile devices are disconnected, and nobody looks. */
const PATIENCE_MS = 500;
/** Before irreversible actions they are wanted. */
const PATIENCE_SURE_MS = 2_000;

/** Reads where durable sessions are stored, while cores are replaced. It remembers only what saves requests. */
export class DurableReader {
  private last: { at: number; view: DurableView } | undefined;
  /** Reads that failed or came late: the next one asks another node. */
  private failed = 0;

  /** @param port absent for EMQX 4.4, which has no such data */
  constructor(
    private readonly clock: Clock,
    private readonly port: DurablePort | undefined,
  ) {}

  /** Adds it to an observation where it matters. @param sure whether an answer from before does not count */
  async observe(observation: Observation, journal: Journal, sure: boolean, signal?: AbortSignal): Promise<Observation> {
    const { port, last } = this;
    if (!port || journal.role === 'replicant' || !WATCHED.includes(journal.phase)) return observation;
    const now = this.clock.now();
    if (!sure && last && last.view !== 'unknown' && now - last.at < EVERY_MS) {
      return { ...observation, durable: last.view };
    }
    const patienceMs = sure ? PATIENCE_SURE_MS : PATIENCE_MS;
    const view = await this.read(port, observation, journal, patienceMs, signal);
    this.last = { at: now, view };
    return { ...observation, durable: view };
  }

  /** From a node that stays. */
  private async read(
    port: DurablePort,
    observation: Observation,
    { aborted, from, to }: Journal,
    patienceMs: number,
    signal?: AbortSignal,
  ): Promise<DurableView> {
    const staying = nodesOf(observation, (aborted ? from.set : to.set) ?? '');
    const answering = staying.filter(({ unreachable }) => unreachable === undefined);
    const asked = answering[this.failed % answering.length];
    if (!asked) return 'unknown';
    const both = (until: AbortSignal) => Promise.all([port.sites(asked.pod, until), port.storages(asked.pod, until)]);
    try {
      const [sites, storages] = await within(this.clock, patienceMs, both, signal);
      // Without the API there is nothing of it.
      return { sites: sites ?? [], storages: storages ?? [] };
    } catch {
      signal?.throwIfAborted();
      this.failed += 1;
      return 'unknown';
    }
  }
}
