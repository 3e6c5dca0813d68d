import { isRecord } from '../../simulator/kubernetes/json';
import { badRequest } from './refused';

export const ACCESS_REVIEW = {
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
} as const;

/** Answers what its one user may do: everything. */
export function reviewed(review: unknown): object {
  if (!isRecord(review)) throw badRequest('the body is not an object');
  return { ...review, status: { allowed: true, reason: 'in the sandbox everything is allowed' } };
}
