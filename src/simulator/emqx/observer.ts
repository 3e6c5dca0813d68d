import type { EvacuationState } from './evacuation';

/** Observes what happens in a simulated cluster, for tests, ledgers and reports. Called synchronously. */
export interface ClusterObserver {
  /** A CONNECT was accepted. */
  connected?(clientId: string, node: string, sessionPresent: boolean): void;
  /** An evacuating node ended a connection. */
  evicted?(clientId: string, node: string): void;
  /** An evacuating node moved the session of an offline client. */
  sessionMoved?(clientId: string, from: string, to: string): void;
  /** A session that should have outlived its connection is gone: it expired, or its node ended. */
  sessionLost?(clientId: string, node: string, why: 'expired' | 'node-ended'): void;
  /** The evacuation of a node changed its state. */
  evacuationState?(node: string, state: EvacuationState): void;
}
