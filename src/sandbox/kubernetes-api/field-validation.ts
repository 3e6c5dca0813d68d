import type { KubeObject } from '../../kubernetes/kube-api';
import { unknownFieldsOf } from '../../simulator/operator/structure-of';
import { badRequest } from './refused';

/** How a client wants unknown fields of an object to be handled. */
type Directive = 'Strict' | 'Warn' | 'Ignore';

/**
 * Checks what is written for unknown fields, as `fieldValidation` of the request says; they are dropped unless it is
 * strict. The sandbox knows the fields of EmqxEnterprise and EMQX only. Of other kinds it keeps whatever it is given, and says so
 * to a client that asks.
 */
export class FieldValidation {
  /** What the client is to be warned of. */
  readonly warnings: string[] = [];
  private readonly asked: boolean;
  private readonly directive: Directive;

  /** @throws Refused 400 */
  constructor(query: URLSearchParams) {
    const given = query.get('fieldValidation') ?? '';
    if (!['', 'Strict', 'Warn', 'Ignore'].includes(given))
      throw badRequest(`fieldValidation: Unsupported value: ${given}`);
    this.asked = given === 'Strict' || given === 'Warn';
    this.directive = (given || 'Warn') as Directive;
  }

  /** @throws Refused 400 when there are such fields and the request is strict */
  check(object: KubeObject): void {
    const { apiVersion, kind } = object;
    const unknown = unknownFieldsOf(object);
    if (!unknown) {
      if (this.asked) this.warnings.push(`the sandbox does not check the fields of a ${kind}`);
      return;
    }
    const problems = unknown.map((path) => `unknown field "${path}"`);
    if (problems.length === 0) return;
    if (this.directive === 'Warn') this.warnings.push(...problems);
    if (this.directive !== 'Strict') return;
    const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
    throw badRequest(
      `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${problems.join(', ')}`,
    );
  }
}
