/** Messages that were acknowledged to their publisher and have not arrived. */
export interface MissingMessages {
  /** The client's number in the ledger. */
  client: number;
  /** Numbers of the messages, in the order in which they were published. */
  messages: readonly number[];
}

/**
 * QoS 1 messages that a node has acknowledged to their publisher, each for one client with a session that outlives its connection,
 * and which of them have arrived.
 *
 * It answers whether an acknowledged message is lost: one that is `missing` after its client has come back and has got what its node
 * has for it. With durable storage a node acknowledges what it cannot store, so PUBACK and Session Present prove nothing.
 */
export class MessageLedger {
  private readonly missingOf = new Map<number, Set<number>>();
  private published = 0;
  private arrived = 0;
  private repeated = 0;

  /** How many were acknowledged. */
  get acknowledgedCount(): number {
    return this.published;
  }

  /** How many of them have arrived, each counted once. */
  get receivedCount(): number {
    return this.arrived;
  }

  /** Copies beyond the first, which QoS 1 allows. */
  get duplicates(): number {
    return this.repeated;
  }

  /** A message for a client is acknowledged. Returns its number, to be its payload. */
  acknowledged(client: number): number {
    const message = this.published++;
    const missing = this.missingOf.get(client) ?? new Set();
    this.missingOf.set(client, missing);
    missing.add(message);
    return message;
  }

  /** The client has got a message. */
  received(client: number, message: number): void {
    if (this.missingOf.get(client)?.delete(message)) this.arrived++;
    else this.repeated++;
  }

  /** What was acknowledged and has not arrived, by client. */
  missing(): MissingMessages[] {
    return [...this.missingOf]
      .filter(([, messages]) => messages.size > 0)
      .map(([client, messages]) => ({ client, messages: [...messages] }));
  }
}

const PREFIX = 'message ';

/** The payload of a message of this ledger. */
export function payloadOf(message: number): Uint8Array {
  return new TextEncoder().encode(`${PREFIX}${message}`);
}

/** The number in a payload; undefined of any other message. */
export function messageIn(payload: Uint8Array): number | undefined {
  const text = new TextDecoder().decode(payload);
  return text.startsWith(PREFIX) ? Number(text.slice(PREFIX.length)) : undefined;
}
