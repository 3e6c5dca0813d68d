import type { Queued } from './routed-message';

/** EMQX's defaults: `max_mqueue_len` and `max_inflight` of a zone. */
const QUEUE_LENGTH = 1000;
const INFLIGHT_LENGTH = 32;
const HIGHEST_PACKET_ID = 0xffff;

/** Hands one message to the client. */
export type Send = (message: Queued, packetId: number | undefined, dup: boolean) => void;

/**
 * The messages of one session that its client has not got or not acknowledged.
 *
 * - Messages wait in a queue of 1000; when it is full the oldest is dropped. QoS 0 waits too (`mqueue_store_qos0`).
 * - At most 32 QoS 1 messages are with the client without its acknowledgement; they are sent again, marked as
 *   duplicates, when the client comes back.
 * - Those of a durable session are in the durable storage: there is no limit, and they wait for their shard.
 */
export class Mailbox {
  private readonly queue: Queued[] = [];
  private readonly inflight = new Map<number, Queued>();
  private packetId = 0;
  private draining = false;

  get isEmpty(): boolean {
    return this.queue.length === 0 && this.inflight.size === 0;
  }

  get queueLength(): number {
    return this.queue.length;
  }

  /** Returns false when another message had to be dropped for this one; those of the durable storage have no limit. */
  store(message: Queued): boolean {
    this.queue.push(message);
    if (this.queue.length <= QUEUE_LENGTH || message.shard) return true;
    this.queue.shift();
    return false;
  }

  /** Sends all that was sent before and not acknowledged. */
  resend(send: Send): void {
    for (const [packetId, message] of [...this.inflight]) if (!isHeld(message)) send(message, packetId, true);
  }

  /**
   * Sends what waits, as far as the client may get it. A client that acknowledges at once does not nest the calls.
   *
   * @param isStale whether a message is no longer to be sent
   * @param most that the client takes without having acknowledged them
   */
  drain(send: Send, isStale: (message: Queued) => boolean, most = INFLIGHT_LENGTH): void {
    if (this.draining) return;
    this.draining = true;
    let first = 0;
    for (let message = this.queue[first]; message; message = this.queue[first]) {
      if (isHeld(message)) {
        first++;
        continue;
      }
      if (message.qos > 0 && this.inflight.size >= Math.min(most, INFLIGHT_LENGTH)) break;
      if (first === 0) this.queue.shift();
      else this.queue.splice(first, 1);
      if (isStale(message)) continue;
      if (message.qos === 0) send(message, undefined, false);
      else {
        const packetId = this.nextPacketId();
        this.inflight.set(packetId, message);
        send(message, packetId, false);
      }
    }
    this.draining = false;
  }

  /** Returns whether a message with this id was with the client. */
  acknowledge(packetId: number): boolean {
    return this.inflight.delete(packetId);
  }

  private nextPacketId(): number {
    do {
      this.packetId = this.packetId === HIGHEST_PACKET_ID ? 1 : this.packetId + 1;
    } while (this.inflight.has(this.packetId));
    return this.packetId;
  }
}

/** Whether it cannot be read now; it may be able to again. */
function isHeld({ shard }: Queued): boolean {
  return shard !== undefined && !shard.isAvailable;
}
