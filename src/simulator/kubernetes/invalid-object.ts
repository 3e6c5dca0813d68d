import { KubeApiError, type KubeObject } from '../../kubernetes/kube-api';

/** What is wrong with one field of an object. */
export interface FieldProblem {
  /** As `spec.replicas`. */
  field: string;
  message: string;
}

/** The refusal of an object with all that is wrong with it: in its message, and one by one as its `cause`. */
export function invalidObject({ kind, metadata }: KubeObject, problems: readonly FieldProblem[]): KubeApiError {
  const texts = problems.map(({ field, message }) => `${field}: ${message}`);
  const all = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new KubeApiError(422, 'Invalid', `${kind} "${metadata.name}" is invalid: ${all}`, { cause: problems });
}
