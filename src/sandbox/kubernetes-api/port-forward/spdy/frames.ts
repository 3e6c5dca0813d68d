/** Types of control frames. @see SPDY Protocol, Draft 3.1, 2.6 */
export const CONTROL = { synStream: 1, synReply: 2, rstStream: 3, settings: 4, ping: 6, goAway: 7 } as const;

/** The flag of the last frame of a stream in one direction. */
export const FIN = 1;

/** A frame: of a stream's data, or one that controls the connection. */
export type Frame =
  | { kind: 'data'; streamId: number; flags: number; body: Buffer }
  | { kind: 'control'; type: number; flags: number; body: Buffer };

const HEAD_BYTES = 8;
const VERSION = 3;

/** Cuts what comes in into frames. */
export class FrameReader {
  private rest: Buffer = Buffer.alloc(0);

  /** Takes the next bytes; returns the frames that are complete with them. */
  take(bytes: Buffer): Frame[] {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    const frames: Frame[] = [];
    while (this.rest.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + this.rest.readUIntBE(5, 3);
      if (this.rest.length < end) break;
      frames.push(frameOf(this.rest.readUInt32BE(0), this.rest[4]!, this.rest.subarray(HEAD_BYTES, end)));
      this.rest = this.rest.subarray(end);
    }
    return frames;
  }
}

function frameOf(word: number, flags: number, body: Buffer): Frame {
  const isControl = word >= 2 ** 31;
  return isControl
    ? { kind: 'control', type: word & 0xffff, flags, body }
    : { kind: 'data', streamId: word, flags, body };
}

/** The bytes of a frame. */
export function bytesOf(frame: Frame): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  if (frame.kind === 'data') head.writeUInt32BE(frame.streamId);
  else {
    head.writeUInt16BE(0x8000 | VERSION);
    head.writeUInt16BE(frame.type, 2);
  }
  head[4] = frame.flags;
  head.writeUIntBE(frame.body.length, 5, 3);
  return Buffer.concat([head, frame.body]);
}
