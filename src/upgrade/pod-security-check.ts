import { type Finding, warning } from './check';

/**
 * Whether the namespace accepts the pods that the operator creates; undefined where it does.
 *
 * @param enforced the level of Pod Security that it enforces; null without the right to read it
 */
export function podSecurityCheck(enforced: string | undefined | null): Finding {
  if (enforced === null) {
    return warning(
      'the namespace cannot be read: whether it enforces a Pod Security Standard is unknown',
      'make sure that it does not enforce restricted; with the right to get the namespace this is checked',
    );
  }
  if (enforced !== 'restricted') return undefined;
  return warning(
    'the namespace enforces the Pod Security Standard restricted, which rejects every pod of the cluster: the operator sets no security context for its container reloader',
    'enforce baseline there (kubectl label namespace … pod-security.kubernetes.io/enforce=baseline --overwrite), unless the API server makes an exception for it',
  );
}
