import type { EmqxEnterprise } from '../resource';

/** Characters of the hash that the operator appends to the names of stateful sets. @see k8s.io/apimachinery, `SafeEncodeString` */
const HASH = /^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/;

/**
 * Name of the volume claims in the stateful sets of a cluster; undefined without persistence.
 *
 * @see EMQX Operator 2.2.29, `spec.persistent`
 */
export function claimTemplateOf({ metadata, spec }: EmqxEnterprise): string | undefined {
  return spec.persistent && (spec.persistent.metadata?.name ?? `${metadata.name}-data`);
}

/**
 * Whether a claim is that of a node of this cluster, by its name: `<template>-<set>-<number>`, where the set has the name of the
 * cluster, or that and a hash.
 *
 * @param foreign names of stateful sets that belong to something else
 */
export function isClaimOf(claim: string, template: string, cluster: string, foreign: readonly string[]): boolean {
  if (!claim.startsWith(`${template}-`)) return false;
  const [, set] = /^(.+)-\d+$/.exec(claim.slice(template.length + 1)) ?? [];
  if (set === undefined || foreign.includes(set)) return false;
  return set === cluster || (set.startsWith(`${cluster}-`) && HASH.test(set.slice(cluster.length + 1)));
}

/** The command that deletes claims. */
export function deletionOf(id: string, claims: readonly string[]): string {
  const [namespace] = id.split('/');
  return `\`kubectl -n ${namespace} delete pvc ${claims.join(' ')}\``;
}
