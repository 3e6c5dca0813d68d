import type { Obstacle } from '../upgrade';
import type { EmqxApiError } from './errors';
import type { EmqxRequest, EmqxResponse } from './transport';

/** What a response says: its content, or why the node declined the request. */
export type Outcome = { data: unknown } | { code: number | string | undefined; reason: string };

/** How one generation of the management API says things. */
export interface Dialect {
  /** The path of the API, in front of all others. */
  base: '/api/v4' | '/api/v5';
  /** What a node refuses that answers 401. */
  refusedCredentials: Obstacle;
  outcomeOf(request: Pick<EmqxRequest, 'method'>, response: EmqxResponse): Outcome;
  /** Whether the same request may succeed later; then it is unknown whether it took effect. */
  isTemporary(error: EmqxApiError): boolean;
}

/** JSON, or the reason why it is none. @param readable makes the node's text readable */
export function jsonOf(text: string, readable: (text: string) => string): { json: unknown } | { reason: string } {
  try {
    return { json: JSON.parse(text) as unknown };
  } catch {
    return { reason: `not JSON: ${readable(text)}` };
  }
}
