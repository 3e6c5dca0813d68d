import type { EmqxResponse } from '../../../emqx/transport';
import { toJson } from './erlang';

export type Answer = EmqxResponse | Promise<EmqxResponse>;

/** A plain JSON document, without the envelope. */
export function json(value: unknown, status = 200): EmqxResponse {
  return respond(status, toJson(value), 'application/json');
}

/** The usual envelope of a success. */
export function data(value: unknown): EmqxResponse {
  return json({ code: 0, data: value });
}

/** A refusal: EMQX 4 says 200 in HTTP and the code in the body. */
export function refusal(message: string): EmqxResponse {
  return json({ code: 400, message });
}

export function text(status: number, body: string): EmqxResponse {
  return respond(status, body, 'text/plain');
}

export function notFound(): EmqxResponse {
  return text(404, 'Not found.');
}

export function unauthorized(): EmqxResponse {
  const { headers, ...response } = respond(401, 'UNAUTHORIZED');
  return { ...response, headers: { ...headers, 'www-authenticate': 'Basic Realm="minirest-server"' } };
}

/** An answer of the web server itself, for what is not under the API's prefix. */
export function noSuchHandler(): EmqxResponse {
  return respond(404, '');
}

/** An answer of the web server both generations have. */
export function respond(status: number, body: string, contentType?: string): EmqxResponse {
  const headers: Record<string, string> = { 'content-length': String(Buffer.byteLength(body)), server: 'Cowboy' };
  if (contentType) headers['content-type'] = contentType;
  return { status, headers, body };
}
