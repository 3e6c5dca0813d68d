import { STATUS_CODES } from 'node:http';
import { KubeApiError, type KubeErrorReason } from './kube-api';
import { isRecord, parsedRecord } from './shape';

/** The part of a `Status` object that says why a request was refused. */
export interface Status {
  message?: string;
  reason?: string;
  code?: number;
  details?: { kind?: string; name?: string; causes?: { field?: string }[] };
}

const REASONS: ReadonlySet<string> = new Set<KubeErrorReason>([
  'NotFound',
  'AlreadyExists',
  'Conflict',
  'Invalid',
  'Forbidden',
  'Unauthorized',
  'Expired',
  'TooManyRequests',
  'InternalError',
]);

const BY_STATUS: Readonly<Record<number, KubeErrorReason>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
};

/** Refusals that name objects, fields and users, and quote no value. */
const NAMES_ONLY: ReadonlySet<number> = new Set([401, 403, 404, 409, 410, 429]);

/** A longer quoted value is not a name: it may be a license, or a whole object. */
const LONGEST_QUOTE = 60;

/** Longest part of an answer that is shown. */
const LONGEST_MESSAGE = 2_000;

/**
 * The error for a refusal of the API server.
 *
 * Its message is the server's, without the values that may be secret: the server quotes what it cannot read, which is a
 * whole object for a patch that produces an invalid one.
 *
 * @param body the raw answer: a `Status` object, or whatever a proxy sends.
 */
export function refusal(status: number, body: string): KubeApiError {
  const answer = parsedRecord(body);
  const error = statusError(answer, status);
  if ('message' in answer || 'reason' in answer || error.code === 'Unauthorized' || error.code === 'Forbidden')
    return error;
  const { code, message } = error;
  const fix =
    'is this the right server (with https:// if it needs that), and does a proxy in front of it pass requests on?';
  return new KubeApiError(error.status, code, message, { fix });
}

/** The error for a `Status` object, with which a watch also reports its end. */
export function statusError(answer: object, httpStatus = 500): KubeApiError {
  const status = asStatus(answer);
  const code = status.code ?? httpStatus;
  return new KubeApiError(code, reasonOf(status, code), words(status, code));
}

function reasonOf({ reason = '' }: Status, code: number): KubeErrorReason {
  if (REASONS.has(reason)) return reason as KubeErrorReason;
  return BY_STATUS[code] ?? (code >= 400 && code < 500 ? 'Invalid' : 'InternalError');
}

function words({ message, reason, details }: Status, code: number): string {
  const plain = `${code} ${reason ?? STATUS_CODES[code] ?? ''}`.trim();
  if (!message) return plain;
  if (!NAMES_ONLY.has(code) && (/^secrets?$/i.test(details?.kind ?? '') || /\bSecret\b/.test(message))) {
    const fields = (details?.causes ?? []).flatMap(({ field }) => field ?? []);
    return [`Secret ${details?.name ?? ''}`.trim(), plain, ...fields].join(': ');
  }
  return message
    .slice(0, LONGEST_MESSAGE)
    .replace(/(\bpatch: Invalid value: ).*: /s, '$1(not shown): ')
    .replace(/(\bgot )&\{.*\}/s, '$1(not shown)')
    .replace(/"(?:[^"\\]|\\.)*"/gs, (quoted) => (quoted.length > LONGEST_QUOTE ? '"(not shown)"' : quoted));
}

/** Only the fields of the right type: a proxy's answer may look like a `Status`. */
function asStatus(answer: object): Status {
  const { message, reason, code, details } = answer as Record<keyof Status, unknown>;
  const { kind, name, causes } = isRecord(details) ? details : {};
  return {
    ...(typeof message === 'string' && { message }),
    ...(typeof reason === 'string' && { reason }),
    ...(typeof code === 'number' && { code }),
    details: {
      ...(typeof kind === 'string' && { kind }),
      ...(typeof name === 'string' && { name }),
      causes: Array.isArray(causes) ? causes.filter(isRecord) : [],
    },
  };
}
