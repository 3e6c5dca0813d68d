import type { CustomResourceDefinition } from '../src/resource/crd';

/** What two definitions of one kind have in common, and where they part. */
export interface Comparison {
  /** Paths of both, of all versions. */
  readonly paths: number;
  /** Paths that only ours has. */
  readonly additions: readonly string[];
  /** Anything else that is not the same, in words. */
  readonly differences: readonly string[];
  /** Versions that only theirs has; they are deprecated. */
  readonly leftOut: readonly string[];
}

type Schema = Readonly<Record<string, unknown>>;
type Version = CustomResourceDefinition['spec']['versions'][number];

/** Lists whose order says nothing. */
const UNORDERED: ReadonlySet<string> = new Set(['required', 'enum', 'x-kubernetes-list-map-keys']);

/** Holds a definition of ours against EMQX Operator's own: what is left out is all that may differ. */
export function compare(ours: CustomResourceDefinition, theirs: CustomResourceDefinition): Comparison {
  const additions: string[] = [];
  const differences: string[] = [];
  let paths = 0;

  const same = (what: string, mine: unknown, other: unknown): void => {
    const [one, two] = [canonical(mine), canonical(other)];
    if (one !== two) differences.push(`${what}: ${one} instead of ${two}`);
  };

  same('name', ours.metadata.name, theirs.metadata.name);
  same('spec', { ...ours.spec, versions: undefined }, { ...theirs.spec, versions: undefined });
  const leftOut = theirs.spec.versions.filter(({ name }) => !versionOf(ours, name));
  for (const { name, deprecated } of leftOut) if (!deprecated) differences.push(`${name} is missing`);

  for (const version of ours.spec.versions) {
    const other = versionOf(theirs, version.name);
    if (!other) {
      differences.push(`${version.name} is unknown`);
      continue;
    }
    same(version.name, { ...version, schema: undefined }, { ...other, schema: undefined });
    const mine = pathsOf(version);
    const others = pathsOf(other);
    for (const [path, keywords] of mine) {
      if (others.has(path)) same(path, keywords, others.get(path));
      else additions.push(path);
    }
    differences.push(...[...others.keys()].filter((path) => !mine.has(path)).map((path) => `${path} is missing`));
    paths += others.size;
  }
  return { paths, additions, differences, leftOut: leftOut.map(({ name }) => name) };
}

function versionOf({ spec }: CustomResourceDefinition, name: string): Version | undefined {
  return spec.versions.find((version) => version.name === name);
}

/** Each node of the schema by its path, with all its keywords but those that lead to other nodes. */
function pathsOf({ name, schema }: Version): Map<string, Schema> {
  const found = new Map<string, Schema>();
  const visit = (node: Schema, path: string): void => {
    const { properties, items, additionalProperties, description: _, ...others } = node;
    const keywords = Object.fromEntries(
      Object.entries(others).map(([key, value]) => [key, UNORDERED.has(key) ? [...(value as string[])].sort() : value]),
    );
    found.set(path, keywords);
    for (const [field, child] of Object.entries(properties ?? {})) visit(child as Schema, `${path}.${field}`);
    if (items) visit(items as Schema, `${path}[]`);
    if (isObject(additionalProperties)) visit(additionalProperties, `${path}{}`);
    else if (additionalProperties !== undefined) found.set(path, { ...keywords, additionalProperties });
  };
  visit(schema.openAPIV3Schema, name);
  return found;
}

/** JSON with the keys in order, and without what is undefined. */
function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_, child: unknown) =>
    isObject(child) ? Object.fromEntries(Object.entries(child).sort(([a], [b]) => (a < b ? -1 : 1))) : child,
  );
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
