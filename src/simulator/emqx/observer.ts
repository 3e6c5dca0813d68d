import type { EvacuationState } from './evacuation';

/**
 * Why a session is gone: it expired; its node ended; it could not be moved and was discarded (EMQX 5.9 and later); it was stored by
 * nodes of EMQX 5 and opened on one of EMQX 6, or the other way round.
 */
export type SessionLoss = 'expired' | 'node-ended' | 'not-moved' | 'other-storage-format';

/** Observes what happens in a simulated cluster, for tests, ledgers and reports. Called synchronously. */
export interface ClusterObserver {
  /** A CONNECT was accepted. */
  connected?(clientId: string, node: string, sessionPresent: boolean): void;
  /** An evacuating node ended a connection. */
  evicted?(clientId: string, node: string): void;
  /** An evacuating node moved the session of an offline client. */
  sessionMoved?(clientId: string, from: string, to: string): void;
  /** A will was published. */
  willPublished?(clientId: string, node: string): void;
  /** A node ended while it had the will of a client: whether a real one publishes it then was not measured, and here it is not. */
  willDropped?(clientId: string, node: string): void;
  /** A session that should have outlived its connection is gone. */
  sessionLost?(clientId: string, node: string, why: SessionLoss): void;
  /** The evacuation of a node changed its state. */
  evacuationState?(node: string, state: EvacuationState): void;
}
