import { type Finding, warning } from './check';

/**
 * Whether the namespace takes the pods that the operator makes; nothing where it does.
 *
 * @param enforced the level of Pod Security that it enforces; null where it may not be looked at
 */
export function podSecurityCheck(enforced: string | undefined | null): Finding {
  if (enforced === null) {
    return warning(
      'the namespace may not be looked at: whether it enforces a Pod Security Standard is unknown',
      'make sure that it does not enforce restricted; the right to get the namespace lets this be checked',
    );
  }
  if (enforced !== 'restricted') return undefined;
  return warning(
    'the namespace enforces the Pod Security Standard restricted, under which no pod of the cluster is made: the operator gives its container reloader no security context',
    'enforce baseline there (kubectl label namespace … pod-security.kubernetes.io/enforce=baseline --overwrite), unless the API server makes an exception for it',
  );
}
