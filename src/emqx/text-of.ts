import { MAX_ANSWER_BYTES, TransportError } from './transport';

/** The text of an answer. @throws TransportError `too-long` as soon as it is longer than any answer this project asks for */
export async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) {
      throw new TransportError('too-long', `an answer of more than ${MAX_ANSWER_BYTES} bytes`);
    }
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString();
}
