import { constants, createDeflate, createInflate } from 'node:zlib';
import { counted, HEADER_DICTIONARY } from './header-dictionary';

/** What a flush ends with. Its callback says nothing: Node 26 calls it before the bytes are there. @see RFC 1979, section 2.1 */
const FLUSHED = Buffer.from([0, 0, 0xff, 0xff]);

/** The headers of one SPDY connection: each block is compressed with what went before in the same direction. */
export class HeaderCodec {
  private readonly inflate = createInflate({ dictionary: HEADER_DICTIONARY });
  private readonly deflate = createDeflate({ dictionary: HEADER_DICTIONARY });

  /** Reads a block; blocks must be read one after the other. Rejects when it is damaged. */
  async read(block: Buffer): Promise<Map<string, string>> {
    const bytes = await new Promise<Buffer>((resolve, reject) => {
      this.inflate.once('error', reject);
      this.inflate.write(block, () => {
        this.inflate.off('error', reject);
        resolve((this.inflate.read() as Buffer | null) ?? Buffer.alloc(0));
      });
    });
    const headers = new Map<string, string>();
    let at = 4;
    const next = () => {
      const end = at + 4 + bytes.readUInt32BE(at);
      const text = bytes.toString('utf8', at + 4, end);
      at = end;
      return text;
    };
    for (let left = bytes.readUInt32BE(0); left > 0; left--) headers.set(next(), next());
    return headers;
  }

  /** Writes a block; blocks must be written one after the other. */
  write(headers: ReadonlyMap<string, string>): Promise<Buffer> {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(headers.size);
    const bytes = Buffer.concat([count, ...[...headers].flatMap((pair) => pair.flatMap(counted))]);
    return new Promise((resolve) => {
      let block: Buffer = Buffer.alloc(0);
      const take = (chunk: Buffer) => {
        block = Buffer.concat([block, chunk]);
        if (!block.subarray(-FLUSHED.length).equals(FLUSHED)) return;
        this.deflate.off('data', take);
        resolve(block);
      };
      this.deflate.on('data', take);
      this.deflate.write(bytes);
      this.deflate.flush(constants.Z_SYNC_FLUSH);
    });
  }

  close(): void {
    this.inflate.close();
    this.deflate.close();
  }
}
