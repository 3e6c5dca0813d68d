/** What headers are made of most often, each with its length before it when written into the dictionary. */
const WORDS = [
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow',
  'authorization cache-control connection content-base content-encoding content-language content-length content-location',
  'content-md5 content-range content-type date etag expect expires from host if-match if-modified-since if-none-match',
  'if-range if-unmodified-since last-modified location max-forwards pragma proxy-authenticate proxy-authorization range',
  'referer retry-after server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get',
  'status',
]
  .flatMap((line) => line.split(' '))
  .concat('200 OK', 'version', 'HTTP/1.1', 'url', 'public', 'set-cookie', 'keep-alive', 'origin');

const REST = [
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505',
  '203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden',
  '404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable',
  'Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT',
  'chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,',
  'publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.',
].join('');

/** What both sides of a SPDY/3 connection know before the first header is compressed. @see SPDY Protocol, Draft 3, 2.6.10.1 */
export const HEADER_DICTIONARY: Buffer = Buffer.concat([...WORDS.flatMap(counted), Buffer.from(REST)]);

/** A text behind its length, as SPDY writes names and values. */
export function counted(text: string): [Buffer, Buffer] {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
}
