import type { ProgressEvent } from '../../upgrade';
import type { RefusalReason } from '../clients/client-report';
import type { Responsiveness } from '../emqx/responsiveness';
import type { StoreChange } from '../kubernetes/object-store';
import type { EngineCall } from './engine-call';
import type { Facts } from './facts';
import type { Health } from './health';

/** What each run is held against, by the names that docs/reliability.md explains. */
export const INVARIANTS = {
  P1: 'nobody is evicted while the other set cannot take him',
  P2: 'a client is evicted at most once on each way',
  P3: 'nothing is removed with a connection or a session on it, and the operator stays held',
  P4: 'there are never more evictions in a second than the cap in force allows',
  P6: 'nothing is reported done that is not',
  'one owner': 'who writes or orders holds the lease',
  'journal goes forward': 'phases go forward only',
  requests: 'what is asked is taken up or refused, and in a pause nobody is evicted',
  clients: 'after the end every client is back',
  sessions: 'after the end every session and every queued message is there',
  liveness: 'the run comes to its end',
  patience: 'what goes on failing is tried ever more seldom, and reported once',
  'named errors': 'a run that stops says why, and the reason is true',
} as const;

/** Beside these: a canonical run that ends otherwise, and a fault that fails itself. */
export type InvariantName = keyof typeof INVARIANTS | 'outcome' | 'harness';

/** What an invariant is told, when it happens. */
export interface Invariant {
  /** @param author the process, `user`, or undefined for the cluster's controllers and the operator */
  stored?(change: StoreChange, author: string | undefined): void;
  /** A request with an effect is about to be carried out. */
  ordered?(call: EngineCall): void;
  /** A request of a process was answered, or has failed. */
  answered?(call: EngineCall, hasFailed: boolean): void;
  /** A process reports what it does. */
  reported?(process: string, event: ProgressEvent): void;
  connected?(client: string, node: string): void;
  evicted?(client: string, node: string): void;
  /** @param node where the client sat */
  disconnected?(client: string, cause: 'evicted' | 'taken-over' | 'shutdown', node: string): void;
  /** An attempt to connect failed. */
  refused?(client: string, reason: RefusalReason): void;
  sessionLost?(client: string, node: string, why: 'expired' | 'node-ended'): void;
}

/** What the model itself did, so that what follows from it is allowed, and counted. */
export interface Causes {
  /** The pod whose node crashes in this moment. */
  crashing: string | undefined;
  /** Pods whose node has crashed. */
  readonly crashed: Set<string>;
  /** Pods that an operator which somebody released by accident has taken away. */
  readonly released: Set<string>;
  /** Nodes whose evacuation a released operator has begun, with the undisturbed time at which it did. */
  readonly begunByOperator: Map<string, number>;
  /** Pods whose node's process is frozen or slow, with the undisturbed time since which it is. */
  readonly silent: Map<string, { since: number; process: Responsiveness }>;
  /** Clients whose session ended with a node that crashed, or that the released operator took away. */
  readonly lost: Set<string>;
  /** Disconnects by each of the two. */
  crashDisconnects: number;
  releaseDisconnects: number;
  /** Clients that an evacuation of the operator's has evicted before the engine could stop it. */
  operatorEvictions: number;
}

/** Undisturbed milliseconds after which the engine has stopped what a released operator has begun. */
const STOP_MS = 3_000;

export interface Bench {
  facts: Facts;
  health: Health;
  causes: Causes;
  /** Whether a node evicts by order of an operator that was released, and the engine could not stop it yet. */
  evictsForOperator(pod: string): boolean;
  /** Whether the name is that of an engine's process. */
  isProcess(author: string | undefined): author is string;
  /** How late watches tell what happened now, ms. */
  watchLagMs(): number;
  /** How many clients are connected that come back when they are cut off. */
  connected(): number;
  fail(invariant: InvariantName, detail: string): void;
}

/** See {@link Bench.evictsForOperator}. */
export function evictsForOperator({ begunByOperator }: Causes, health: Health, pod: string): boolean {
  const since = begunByOperator.get(pod);
  return since !== undefined && health.tick() - since < STOP_MS;
}
