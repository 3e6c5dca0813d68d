import type { EmqxResponse } from '../../../../emqx/transport';
import { respond } from '../answers';

/** A plain JSON document. */
export function json(value: unknown, status = 200): EmqxResponse {
  return respond(status, JSON.stringify(value), 'application/json');
}

/** What EMQX 5 and 6 say of an error; the durable storage writes a number for its code. */
export function failure(status: number, code: string | number, message: string): EmqxResponse {
  return json({ code, message }, status);
}

export function nodeNotFound(name: string): EmqxResponse {
  return failure(404, 'NOT_FOUND', `Node not found: ${name}`);
}

/** A path that nothing serves. */
export function noSuchPath(): EmqxResponse {
  const title = '404 - NOT FOUND';
  return respond(404, `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`, 'text/html');
}

export function methodNotAllowed(allowed: string): EmqxResponse {
  const { headers, ...response } = respond(405, '');
  return { ...response, headers: { ...headers, allow: allowed } };
}

/** Why a request without the right credentials is refused. */
export type Unauthorized = 'AUTHORIZATION_HEADER_ERROR' | 'BAD_API_KEY_OR_SECRET' | 'BAD_TOKEN';

const BOOTSTRAP =
  'API keys can be bootstrapped from config (api_key.bootstrap_file) or created via POST /api/v5/api_key';

const MESSAGES: Record<Unauthorized, readonly [ofEmqx5: string, ofEmqx6: string]> = {
  AUTHORIZATION_HEADER_ERROR: [
    'Support authorization: basic/bearer ',
    `Missing authorization header. Use Basic auth with API key/secret, or Bearer token from POST /api/v5/login. ${BOOTSTRAP}`,
  ],
  BAD_API_KEY_OR_SECRET: ['Check api_key/api_secret', 'Check api_key/api_secret'],
  BAD_TOKEN: [
    'Get a token by POST /login',
    `Invalid bearer token. Use API key (Basic auth) for persistent access, or get a new bearer token by POST /api/v5/login. ${BOOTSTRAP}`,
  ],
};

export function unauthorized(why: Unauthorized, isEmqx6: boolean): EmqxResponse {
  const response = failure(401, why, MESSAGES[why][isEmqx6 ? 1 : 0]);
  if (why === 'BAD_TOKEN') return response;
  return { ...response, headers: { ...response.headers, 'www-authenticate': 'Basic Realm="emqx-dashboard"' } };
}
