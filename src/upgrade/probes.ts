import { generationOf } from '../resource';
import type { Journal, Phase } from './journal';
import { type DeviceListener, type Observation, type Probe, podsOf } from './observation';
import type { Clock, EmqxPort } from './ports';
import { takerOf } from './stages';

/** Between two probes of a node, ms. */
const EVERY_MS = 2_000;

/** A node that has not answered for this long does not serve, ms. */
const SILENT_MS = 3_000;

/** Phases in which a set is to take devices, or has just taken them. */
const PROBED: readonly Phase[] = ['switch', 'evacuate', 'retire', 'switch-back', 'return', 'retire-green'];

/**
 * Probes the nodes that are to take devices, by connecting as a device does: Ready is only what Kubernetes believes. One probe per
 * node at a time, every 2 s; nothing waits for it. Its results end with the process: the next one probes again before
 * it disconnects any device.
 */
export class Probes {
  private readonly pods = new Map<string, ProbeState>();

  constructor(
    private readonly clock: Clock,
    private readonly emqx: EmqxPort,
  ) {}

  /** Starts the probes that are due, and adds the results so far. */
  observe(observation: Observation, journal: Journal, signal?: AbortSignal): Observation {
    const target = targetSet(observation, journal);
    if (target === undefined) return observation;
    const { cluster } = observation;
    const listeners = listenersOf(observation);
    const pods = podsOf(cluster, target).filter(({ containersReady, terminating }) => containersReady && !terminating);
    // A recreated pod has not answered yet.
    for (const pod of this.pods.keys()) if (!pods.some(({ name }) => name === pod)) this.pods.delete(pod);
    for (const { name } of pods) this.probe(name, listeners, signal);
    return { ...observation, probes: new Map(pods.map(({ name }) => [name, this.stateOf(name)])) };
  }

  /** Resolves when no probe is under way. */
  async settled(): Promise<void> {
    await Promise.all([...this.pods.values()].map(({ underWay }) => underWay));
  }

  private probe(pod: string, listeners: readonly DeviceListener[], signal?: AbortSignal): void {
    const now = this.clock.now();
    const state: ProbeState = this.pods.get(pod) ?? { askedAt: Number.NEGATIVE_INFINITY };
    if (state.underWay || now - state.askedAt < EVERY_MS) return;
    this.pods.set(pod, state);
    state.askedAt = now;
    state.silentSince ??= now;
    const answered = this.emqx.probe(pod, listeners, signal).then((answer) => {
      if (answer.state === 'silent') state.reason = answer.reason;
      else Object.assign(state, { answered: true, silentSince: undefined, reason: undefined });
    });
    // What ends the process ends the probe; the loop gets the error elsewhere.
    state.underWay = answered
      .catch(() => undefined)
      .finally(() => {
        state.underWay = undefined;
      });
  }

  private stateOf(pod: string): Probe {
    const { silentSince, answered, reason } = this.pods.get(pod) ?? {};
    const silentMs = silentSince === undefined ? 0 : this.clock.now() - silentSince;
    if (silentMs < SILENT_MS) return { serves: answered };
    return { serves: false, reason: reason ?? `no answer within ${SILENT_MS / 1000} s` };
  }
}

interface ProbeState {
  askedAt: number;
  underWay?: Promise<void> | undefined;
  /** When the first of the unanswered probes began. */
  silentSince?: number | undefined;
  /** Whether one ever was. */
  answered?: true;
  reason?: string | undefined;
}

/** The set that is to take devices in this phase. */
function targetSet({ cluster }: Observation, journal: Journal): string | undefined {
  if (journal.driver === 'operator' || !PROBED.includes(journal.phase)) return undefined;
  return takerOf(cluster, journal);
}

/** What the traffic Services publish, each once. */
function listenersOf({ cluster: { traffic, resource } }: Observation): DeviceListener[] {
  const all = traffic.flatMap(({ listeners = [] }) => listeners);
  return all
    .filter(({ port }, index) => all.findIndex((other) => other.port === port) === index)
    .map((listener) => ({
      ...listener,
      proxyProtocol: generationOf(resource).expectsProxyHeader(resource, listener.kind),
    }));
}
