import type { ProgressEvent } from '../../upgrade';
import type { RefusalReason } from '../clients/client-report';
import type { SessionLoss } from '../emqx/observer';
import type { Responsiveness } from '../emqx/responsiveness';
import type { StoreChange } from '../kubernetes/object-store';
import type { EngineCall } from './engine-call';
import type { Facts } from './facts';
import type { Health } from './health';

/** What is checked in each run, by the names that docs/reliability.md explains. */
export const INVARIANTS = {
  P1: 'no device is evicted while the other set cannot accept it',
  P2: 'a client is evicted at most once from each set',
  P3: 'nothing is removed with a connection or a session on it, and the operator stays held',
  P4: 'evictions per second never exceed the cap in effect',
  P6: 'nothing is reported as done that is not done',
  P7: 'no acknowledged QoS 1 message for a durable session is lost',
  'one owner': 'only the process that holds the lease writes or gives orders',
  'journal goes forward': 'phases go forward only',
  requests: 'each request is accepted or rejected, and during a pause no device is evicted',
  clients: 'after the end every client is connected',
  sessions: 'after the end every session and every queued message exists',
  liveness: 'the run ends',
  patience: 'what keeps failing is retried less and less often, and reported once',
  'named errors': 'a run that stops reports why, and the reason is true',
} as const;

/** In addition: a canonical run with another outcome, and an error in a fault itself. */
export type InvariantName = keyof typeof INVARIANTS | 'outcome' | 'harness';

/** The events that an invariant observes, as they happen. */
export interface Invariant {
  /** @param author the process, `user`, or undefined for the cluster's controllers and the operator */
  stored?(change: StoreChange, author: string | undefined): void;
  /** A request with an effect is about to be carried out. */
  ordered?(call: EngineCall): void;
  /** A request of a process was answered, or it failed. */
  answered?(call: EngineCall, hasFailed: boolean): void;
  /** A process reports progress. */
  reported?(process: string, event: ProgressEvent): void;
  connected?(client: string, node: string): void;
  evicted?(client: string, node: string): void;
  /** @param node where the client was connected */
  disconnected?(client: string, cause: 'evicted' | 'taken-over' | 'shutdown', node: string): void;
  /** An attempt to connect failed. */
  refused?(client: string, reason: RefusalReason): void;
  sessionLost?(client: string, node: string, why: SessionLoss): void;
}

/** What the model itself caused, so that its consequences are allowed, and counted. */
export interface Causes {
  /** The pod whose node crashes at this moment. */
  crashing: string | undefined;
  /** Pods whose node has crashed. */
  readonly crashed: Set<string>;
  /** Whether somebody has given the resource another template during the run. */
  templateChanged: boolean;
  /** Whether a node has crashed, and its volume was lost. */
  volumesLost: boolean;
  /** Messages that no node could store, because a core had crashed: from the number of the first to that of the next after the last. */
  readonly unstored: { first: number; next: number }[];
  /** Pods that were removed by an operator that was released by accident. */
  readonly released: Set<string>;
  /** Nodes whose evacuation a released operator started, with the undisturbed time of the start. */
  readonly begunByOperator: Map<string, number>;
  /** Pods whose node's process is frozen or slow, with the undisturbed time since when. */
  readonly silent: Map<string, { since: number; process: Responsiveness }>;
  /** Clients whose session was lost with a node that crashed, or that the released operator removed. */
  readonly lost: Set<string>;
  /** Disconnects from either cause. */
  crashDisconnects: number;
  releaseDisconnects: number;
  /** Clients evicted by an evacuation that the operator started, before the engine could stop it. */
  operatorEvictions: number;
}

/** Undisturbed milliseconds after which the engine has stopped an evacuation that a released operator started. */
const STOP_MS = 3_000;

export interface Bench {
  facts: Facts;
  health: Health;
  causes: Causes;
  /** Whether a released operator ordered the node to evict, and the engine could not stop it yet. */
  evictsForOperator(pod: string): boolean;
  /** Whether a node was ordered to stop, and answers only when another one does: see `answeredBy` of the simulated EMQX 5. */
  waitsToStop(pod: string): boolean;
  /** Whether the name is that of an engine's process. */
  isProcess(author: string | undefined): author is string;
  /** How late watches report events now, ms. */
  watchLagMs(): number;
  /** How many of the clients that reconnect after a disconnect are connected. */
  connected(): number;
  fail(invariant: InvariantName, detail: string): void;
}

/** See {@link Bench.evictsForOperator}. */
export function evictsForOperator({ begunByOperator }: Causes, health: Health, pod: string): boolean {
  const since = begunByOperator.get(pod);
  return since !== undefined && health.tick() - since < STOP_MS;
}
