import type { SimulatedClock } from './clock';
import type { Admission, ConnectAnswer, Connection, ConnectRequest, Crowd } from './emqx/types';
import type { Random } from './random';

/** What accepts MQTT connections inside of one pod. */
export interface Listener {
  connect(request: ConnectRequest, connection: Connection): ConnectAnswer;
  /** Whether it keeps one more connection; otherwise it closes it before anything is said. @default - it does */
  accepts?(): boolean;
  /**
   * CONNECTs of clients of a crowd at one moment, each with a clean session.
   *
   * @default - `connect` is used for these, too
   */
  admit?(crowd: Crowd, clients: readonly number[]): Admission;
  /** Whether it answers at once now, so that `answersLater` need not be asked. @default false */
  readonly answersAtOnce?: boolean;
  /**
   * Has `answer` called when it can answer what it was just sent, or `lost` when it never will, and returns true; false where it
   * answers at once.
   * @default - it answers at once
   */
  answersLater?(answer: () => void, lost?: () => void): boolean;
}

/**
 * What a TCP connect to a pod's address meets: a listener; `'silent'` when its packets are dropped (a frozen process, an
 * address that is routed no more); undefined when the connect is refused (nothing listens there).
 */
export type Destination = Listener | 'silent' | undefined;

/**
 * What one connection through the front meets.
 *
 * - `connected`: a listener, which answers the CONNECT at once, by yes or no.
 * - `refused`: TCP refused: the Service has no endpoint, or the pod that was picked does not listen, or closes the
 *   connection at once.
 * - `silent`: nothing answers the packets of TCP.
 * - `waiting`: TCP is connected, and no CONNACK comes for now. `answered` is called back when it comes after all, and the client may
 *   connect then; or without a listener, when it never will.
 */
export type FrontResult =
  | { outcome: 'connected'; pod: string; listener: Listener }
  | { outcome: 'refused' }
  | { outcome: 'silent' }
  | { outcome: 'waiting'; pod: string; answered: (callback: (listener: Listener | undefined) => void) => void };

export interface TrafficFrontOptions {
  clock: SimulatedClock;
  random: Random;
  /** What listens at the address of a pod now. */
  destinationOf: (podName: string) => Destination;
  /**
   * Milliseconds from a change of the endpoints until new connections follow it: the way from the EndpointSlice to the
   * rules of every kube-proxy.
   *
   * @default 0
   */
  lagMs?: number;
}

/**
 * The way in for the clients: what a NodePort or LoadBalancer Service does with their connections.
 *
 * - Each new connection goes to one endpoint, each with the same chance (kube-proxy in iptables and nftables mode).
 * - An open connection stays where it is, whatever becomes of the endpoints.
 * - An endpoint whose pod is gone is still picked until `update` leaves it out, as in a real cluster.
 */
export class TrafficFront {
  private podNames: readonly string[] = [];

  constructor(private readonly options: TrafficFrontOptions) {}

  /** The endpoints that new connections are spread over now, as names of pods. */
  get endpoints(): readonly string[] {
    return this.podNames;
  }

  /** The Service's ready addresses have changed to these; connections follow after the lag. */
  update(podNames: readonly string[]): void {
    const { clock, lagMs = 0 } = this.options;
    const copy = [...podNames];
    if (lagMs === 0) this.podNames = copy;
    else
      clock.schedule(lagMs, () => {
        this.podNames = copy;
      });
  }

  /** The pod that the next connection goes to; undefined when the Service has no endpoint. */
  pick(): string | undefined {
    return this.podNames[this.pickIndex()];
  }

  /** The same as its index in `endpoints`. */
  pickIndex(): number {
    return this.options.random.below(this.podNames.length);
  }

  /** Where the next connection ends up: the pod that is picked, and what is met there. */
  route(): { pod: string; destination: Destination } | undefined {
    const pod = this.pick();
    return pod === undefined ? undefined : { pod, destination: this.options.destinationOf(pod) };
  }

  /** One connection of TCP: picks a pod. The caller sends its CONNECT to what listens there. */
  connect(): FrontResult {
    return this.connectTo(this.pick());
  }

  /** What answers any number of connections to a pod at once; undefined where each is to be tried. */
  promptListener(pod: string): Listener | undefined {
    const destination = this.options.destinationOf(pod);
    return destination !== undefined && destination !== 'silent' && destination.answersAtOnce ? destination : undefined;
  }

  /** One connection of TCP to a pod that was picked. */
  connectTo(pod: string | undefined): FrontResult {
    const destination = pod === undefined ? undefined : this.options.destinationOf(pod);
    if (pod === undefined || destination === undefined) return { outcome: 'refused' };
    if (destination === 'silent') return { outcome: 'silent' };
    if (destination.answersAtOnce) return { outcome: 'connected', pod, listener: destination };
    if (destination.accepts?.() === false) return { outcome: 'refused' };
    let answered: ((listener: Listener | undefined) => void) | undefined;
    const answer = () => answered?.(destination);
    const lost = () => answered?.(undefined);
    if (destination.answersLater?.(answer, lost)) {
      return {
        outcome: 'waiting',
        pod,
        answered: (callback) => {
          answered = callback;
        },
      };
    }
    return { outcome: 'connected', pod, listener: destination };
  }
}
