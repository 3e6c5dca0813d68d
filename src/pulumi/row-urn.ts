import { getProject, getStack, type Resource } from '@pulumi/pulumi';

/**
 * The URN a resource will have, for the row in which its progress is shown: the host of dynamic providers does not know it.
 *
 * A promise and no output: as an output of the parent it would be a dependency on it, and a component waits for its children.
 * Empty where Pulumi does not provide it: then progress is shown for the whole operation.
 */
export async function rowUrn(type: string, name: string, parent: Resource | undefined): Promise<string> {
  const prefix = `urn:pulumi:${getStack()}::${getProject()}::`;
  if (!parent) return `${prefix}${type}::${name}`;
  // Not part of Pulumi's public interface.
  const urn = parent.urn as unknown as { promise?: () => Promise<string | undefined> };
  const ofParent = typeof urn.promise === 'function' ? await urn.promise() : undefined;
  const [, , types] = ofParent?.split('::') ?? [];
  if (types === undefined) return '';
  return types === 'pulumi:pulumi:Stack' ? `${prefix}${type}::${name}` : `${prefix}${types}$${type}::${name}`;
}
