import { KubeApiError } from '../../kubernetes/kube-api';
import type { FieldProblem } from '../../simulator/kubernetes/invalid-object';
import { Refused, type RefusedDetails } from './refused';

/** A `Status` object, which reports the result of a request. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: object;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: RefusedDetails & { uid?: string };
  code: number;
}

/** What a request was about. */
export interface Resource {
  name?: string;
  group?: string;
  /** In the plural, as in paths. */
  kind?: string;
  objectKind?: string;
}

/**
 * Reports an error; one that is no rejection is unexpected.
 *
 * @param about the resource and the object that were asked for.
 */
export function failure(error: unknown, about: Resource = {}): Status {
  const { code, reason, message, details } = refusedOf(error);
  const { objectKind, ...resource } = about;
  // For an invalid object the API server reports the kind, for any other rejection the resource.
  const named = code === 422 && objectKind !== undefined ? { ...resource, kind: objectKind } : resource;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: withResource(message, about),
    reason,
    details: { ...named, ...details },
    code,
  };
}

function refusedOf(error: unknown): Refused {
  if (error instanceof Refused) return error;
  if (error instanceof KubeApiError) return new Refused(error.status, error.code, error.message, detailsOf(error));
  return new Refused(500, 'InternalError', `the sandbox failed: ${error instanceof Error ? error.message : error}`);
}

/** An object that is invalid, with its problems one by one: kubectl prints them, and not the message. */
function detailsOf({ status, message, cause }: KubeApiError): RefusedDetails {
  const [, name = '', field = '', problem = ''] = INVALID.exec(message) ?? [];
  if (status !== 422 || name === '') return {};
  return { name, causes: Array.isArray(cause) ? (cause as FieldProblem[]) : [{ field, message: problem }] };
}

const INVALID = /^\w+ "([^"]+)" is invalid: ([\w.[\]]*):? ?(.*)$/s;

/** The object store calls an object by its kind, an API server by its resource: `pods "ee-0" not found`. */
function withResource(message: string, { kind, group }: Resource): string {
  if (kind === undefined) return message;
  const resource = group ? `${kind}.${group}` : kind;
  return message.replace(
    /^((?:Operation cannot be fulfilled on )?)[A-Z]\w+ (?="[^"]+"(?: not found| already exists|: the object))/,
    `$1${resource} `,
  );
}
