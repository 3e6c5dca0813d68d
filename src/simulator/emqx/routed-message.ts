import type { Shard } from './durable/shard';
import type { Message } from './types';

/** A message on its way through a node. */
export interface Routed extends Message {
  /** When it expires, ms since the epoch. @default - never */
  expiresAt?: number;
  /** The client that published it; absent where the node did. */
  from?: string;
}

/** The same for one subscription. */
export interface Queued extends Routed {
  subscriptionIdentifier?: number;
  /** Where it is stored for a durable session: it cannot be read while the shard is unavailable. */
  shard?: Shard;
}
