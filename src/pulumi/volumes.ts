import type { Claims } from './resource-type';

/** Characters of the hash that the operator appends to the names of stateful sets. @see k8s.io/apimachinery, `SafeEncodeString` */
const HASH = /^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/;

/**
 * Whether a claim is that of a node of this cluster, by its name.
 *
 * @param foreign names of stateful sets that belong to something else
 */
export function isClaimOf(claim: string, { template, set: own }: Claims, foreign: readonly string[]): boolean {
  if (!claim.startsWith(`${template}-`)) return false;
  const [, set] = /^(.+)-\d+$/.exec(claim.slice(template.length + 1)) ?? [];
  if (set === undefined || foreign.includes(set)) return false;
  return set === own || (set.startsWith(`${own}-`) && HASH.test(set.slice(own.length + 1)));
}

/** The command that deletes claims. */
export function deletionOf(id: string, claims: readonly string[]): string {
  const [namespace] = id.split('/');
  return `\`kubectl -n ${namespace} delete pvc ${claims.join(' ')}\``;
}
