import { isDeepStrictEqual } from 'node:util';
import type { EmqxEnterprise } from './emqx-enterprise';

/** The EMQX version a resource asks for; empty where it names no image. */
export function versionOf(resource: EmqxEnterprise): string {
  return resource.spec.template?.spec?.emqxContainer?.image?.version ?? '';
}

/** Name of the Service that the operator creates: its endpoints are the ready pods of both sets. */
export function operatorServiceOf({ spec, metadata }: EmqxEnterprise): string {
  return spec.serviceTemplate?.metadata?.name ?? metadata.name;
}

/**
 * The Erlang name of the node in a pod, `<name>@<pod>.<headless service>`, as the operator composes it.
 * The resource must be complete.
 */
export function nodeNameOf(resource: EmqxEnterprise, pod: string): string {
  const config = resource.spec.template?.spec?.emqxContainer?.emqxConfig;
  const { name, namespace = 'default' } = resource.metadata;
  const domain = config?.['cluster.dns.name'] ?? `${name}-headless.${namespace}.svc.${resource.spec.clusterDomain}`;
  return `${config?.['name'] ?? name}@${pod}.${domain}`;
}

/**
 * Paths of fields that differ although they cannot change after creation. Both resources must be complete.
 *
 * @see EMQX Operator 2.2.29, validating webhook of EmqxEnterprise
 */
export function immutableFields(before: EmqxEnterprise, after: EmqxEnterprise): string[] {
  const fields: string[] = [];
  const left = before.spec;
  const right = after.spec;
  const differ = (a: unknown, b: unknown) => !isDeepStrictEqual(a ?? null, b ?? null);
  const leftNode = left.template?.spec?.emqxContainer;
  const rightNode = right.template?.spec?.emqxContainer;
  if (differ(left.persistent, right.persistent)) fields.push('spec.persistent');
  if (differ(leftNode?.bootstrapAPIKeys, rightNode?.bootstrapAPIKeys)) {
    fields.push('spec.template.spec.emqxContainer.bootstrapAPIKeys');
  }
  for (const [key, value] of Object.entries(leftNode?.emqxConfig ?? {})) {
    if ((key === 'name' || key.startsWith('cluster')) && differ(value, rightNode?.emqxConfig?.[key])) {
      fields.push(`spec.template.spec.emqxContainer.emqxConfig["${key}"]`);
    }
  }
  return fields;
}
