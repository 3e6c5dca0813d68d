import type { Socket } from 'node:net';
import { generate, type Packet, type Parser, parser } from 'mqtt-packet';
import type { ProtocolVersion } from '../../simulator/emqx/types';

/** The default `max_packet_size` of EMQX. */
export const MAX_PACKET_BYTES = 1024 * 1024;
/** More than this waiting for the other side, and it is too slow to get QoS 0 messages. */
const CONGESTED_BYTES = 1024 * 1024;

export interface PacketSocketOptions {
  /** The version to read with; a CONNECT that comes in sets it by itself. @default 4 */
  protocolVersion?: ProtocolVersion;
  packet(packet: Packet): void;
  /** The socket was closed, by either side. Called once. */
  ended(): void;
}

/**
 * A socket that carries MQTT packets.
 *
 * - What is no MQTT, or a packet above 1 MiB, closes the socket.
 * - While the other side does not read what it is sent, nothing is read from it either: neither buffer grows for long.
 * - Nothing is ever thrown at the event loop.
 */
export class PacketSocket {
  private readonly parser: Parser;
  private open = true;

  constructor(
    private readonly socket: Socket,
    options: PacketSocketOptions,
  ) {
    this.parser = parser({ protocolVersion: options.protocolVersion ?? 4 });
    this.parser.on('packet', (packet) => {
      if (this.open) options.packet(packet);
    });
    this.parser.on('error', () => this.destroy());
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('end', () => this.destroy());
    socket.on('error', () => undefined); // 'close' comes after it
    socket.once('close', () => {
      this.open = false;
      options.ended();
    });
  }

  get isOpen(): boolean {
    return this.open;
  }

  get isCongested(): boolean {
    return this.socket.writableLength > CONGESTED_BYTES;
  }

  send(packet: Packet, protocolVersion: ProtocolVersion): void {
    if (this.open) this.socket.write(generate(packet, { protocolVersion }));
  }

  /** Closes the socket when all that was sent is on its way; at once if the other side is slow to read. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    if (this.socket.writableLength > 0) this.socket.destroy();
    else this.socket.destroySoon();
  }

  destroy(): void {
    this.open = false;
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    if (!this.open) return;
    try {
      const waiting = this.parser.parse(chunk);
      if (waiting > MAX_PACKET_BYTES) this.destroy();
    } catch {
      // The parser reads beyond the end of some malformed packets, and a node may end while it is asked.
      this.destroy();
    }
    if (!this.open || !this.socket.writableNeedDrain) return;
    this.socket.pause();
    this.socket.once('drain', () => this.socket.resume());
  }
}
