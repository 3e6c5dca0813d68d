import type { FieldProblem } from '../../simulator/kubernetes/invalid-object';

/** What a refusal is about. */
export interface RefusedDetails {
  /** Name of the object. */
  name?: string;
  group?: string;
  /** The resource, as `pods`. */
  kind?: string;
  causes?: readonly FieldProblem[];
}

/** A rejected request, in the words of an API server. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(
    /** HTTP status. */
    readonly code: number,
    /** As the API server spells it, for example `NotFound`. */
    readonly reason: string,
    message: string,
    readonly details: RefusedDetails = {},
  ) {
    super(message);
  }
}

/** The request cannot be understood. */
export function badRequest(message: string): Refused {
  return new Refused(400, 'BadRequest', message);
}

/** One field of an object is wrong. */
export function invalid(kind: string, name: string, field: string, message: string): Refused {
  const text = `${kind} "${name}" is invalid: ${field}: ${message}`;
  return new Refused(422, 'Invalid', text, { name, causes: [{ field, message }] });
}

/** What a real API server does but the sandbox does not. */
export function notHere(what: string): Refused {
  return new Refused(405, 'MethodNotAllowed', `this is the sandbox of emqx-blue-green, not a real cluster: ${what}`);
}
