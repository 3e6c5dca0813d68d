import { type Dialect, jsonOf, type Outcome } from '../dialect';
import { shortened } from '../errors';
import type { EmqxResponse } from '../transport';
import { readable } from './readable';

/**
 * EMQX 5 and 6 answer bare JSON with real status codes, and errors with `{"code", "message"}`. Recorded with 5.8.9 and 6.2.0: of 88
 * requests to start and stop evacuations, both give the same answers to 87, and the text of an internal error differs.
 */
export const V5: Dialect = {
  base: '/api/v5',
  refusedCredentials: 'api-key',
  outcomeOf({ method }, response) {
    const { status, body } = response;
    if (status < 200 || status > 299) return declined(response);
    // Some have no body (204), some a word instead of JSON (202).
    if (method !== 'GET') return { data: undefined };
    const parsed = jsonOf(body, readable);
    return 'json' in parsed ? { data: parsed.json } : { code: undefined, reason: parsed.reason };
  },
  // The 404 of a node that is down or not yet a member has a code; that of an absent API is a page.
  isTemporary: ({ status, code }) => status >= 500 || status === 429 || (status === 404 && code !== undefined),
};

function declined({ body }: EmqxResponse): Outcome {
  const parsed = jsonOf(body, readable);
  const json = 'json' in parsed && typeof parsed.json === 'object' ? parsed.json : undefined;
  const { code, message } = (json ?? {}) as { code?: unknown; message?: unknown };
  if (message === undefined) return { code: undefined, reason: pageTitle(body) ?? readable(body) };
  return {
    code: typeof code === 'string' || typeof code === 'number' ? code : undefined,
    reason: readable(typeof message === 'string' ? message : JSON.stringify(message)),
  };
}

/** Of the page that answers a path that the node does not have. */
function pageTitle(body: string): string | undefined {
  const title = /<title>([^<]*)<\/title>/i.exec(body.slice(0, 5_000))?.[1];
  return title === undefined ? undefined : shortened(title);
}
