/** For so long the clusters of a namespace may not be listed before it is told, ms. */
const LASTING_MS = 30_000;

/** Tells where clusters cannot be listed: each once, where it lasts. */
export class Unlisted {
  /** Since when, ms; infinite once it was told. */
  private readonly since = new Map<string, number>();

  /**
   * @param namespaces with the reasons; `''` stands for all
   * @param now ms
   * @returns what is to be told
   */
  update(namespaces: ReadonlyMap<string, string>, now: number): string[] {
    for (const namespace of this.since.keys()) if (!namespaces.has(namespace)) this.since.delete(namespace);
    return [...namespaces].flatMap(([namespace, reason]) => {
      const since = this.since.get(namespace) ?? now;
      const isDue = now - since >= LASTING_MS;
      this.since.set(namespace, isDue ? Number.POSITIVE_INFINITY : since);
      return isDue ? [textOf(namespace, reason)] : [];
    });
  }
}

function textOf(namespace: string, reason: string): string {
  const which = namespace === '' ? 'one of the two kinds' : `the namespace ${namespace}`;
  const fix = 'apply the manifest of the runner again for its rights, or let it no longer watch what is gone';
  return `the clusters of ${which} cannot be listed, and all others are upgraded: ${reason}; ${fix}`;
}
