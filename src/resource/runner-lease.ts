/**
 * Annotation of a runner's lease: the namespaces whose clusters it upgrades, with commas between them, or `*` for all. So whoever looks
 * for a runner finds out whether one lives, and whether it is the right one, by the same object.
 */
export const FOLLOWS_ANNOTATION = 'emqx-blue-green/follows';

/** @param namespaces empty for all */
export function followsText(namespaces: readonly string[]): string {
  return namespaces.length === 0 ? '*' : namespaces.join(',');
}

/** Whether a runner upgrades clusters of a namespace. @param text undefined where it does not say so */
export function doesFollow(text: string | undefined, namespace: string): boolean {
  return text === '*' || (text?.split(',').includes(namespace) ?? false);
}
