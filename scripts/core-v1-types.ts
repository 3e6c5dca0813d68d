import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The TypeScript types of those parts of Kubernetes' core/v1 API that the constructs take as they are, from
 * `src/resource/crd/core-v1.schema.json`: `npx tsx scripts/core-v1-types.ts` writes them into `src/constructs/core-v1/`.
 */

interface Node {
  $ref?: string;
  type?: 'string' | 'boolean' | 'integer' | 'array' | 'object';
  properties?: Record<string, Node>;
  required?: string[];
  items?: Node;
  additionalProperties?: Node;
}

const ROOT = path.resolve(__dirname, '..');
const definitions = JSON.parse(readFileSync(path.join(ROOT, 'src/resource/crd/core-v1.schema.json'), 'utf8')) as Record<
  string,
  Node
>;

/** Two notations of Kubernetes for values of two types, which are no definitions. */
const NOTATIONS = ['IntOrString', 'Quantity'];

/** Each file, and the types from which on what it holds is found; what an earlier file has, a later one imports. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  selectors: ['LabelSelector', 'ObjectMeta', 'ResourceRequirements', 'VolumeResourceRequirements', 'SecretKeySelector'],
  volumes: ['Volume', 'VolumeMount'],
  pods: ['Affinity', 'Container', 'EnvFromSource', 'Lifecycle', 'PodSecurityContext', 'TopologySpreadConstraint'],
};

const HEAD = `/** Made by scripts/core-v1-types.ts; the meaning of each field is documented in the reference of Kubernetes' API, core/v1. */`;

/** The files, by their path. */
export function coreV1Types(): Map<string, string> {
  const placed = new Map<string, string>();
  return new Map(
    Object.entries(FILES).map(([file, entries]) => {
      const own = reachable(entries).filter((name) => !placed.has(name));
      for (const name of own) placed.set(name, file);
      const foreign = [...new Set(own.flatMap(referencesOf))].filter((name) => placed.get(name) !== file);
      const imports = Object.keys(FILES).flatMap((from) => {
        const names = foreign.filter((name) => placed.get(name) === from).sort();
        if (names.length === 0) return [];
        const line = `import type { ${names.join(', ')} } from './${from}';`;
        return line.length <= 120
          ? line
          : `import type {\n${names.map((name) => `  ${name},\n`).join('')}} from './${from}';`;
      });
      const text = [[HEAD, ...imports].join('\n'), ...own.sort().map(interfaceOf)].join('\n\n');
      return [path.join(ROOT, 'src/constructs/core-v1', `${file}.ts`), `${text}\n`];
    }),
  );
}

function reachable(names: readonly string[], found = new Set<string>()): string[] {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    reachable(referencesOf(name), found);
  }
  return [...found];
}

function referencesOf(name: string): string[] {
  const within = (node: Node): string[] => [
    ...(node.$ref !== undefined && !NOTATIONS.includes(node.$ref) ? [node.$ref] : []),
    ...[node.items, node.additionalProperties, ...Object.values(node.properties ?? {})].flatMap((one) =>
      one ? within(one) : [],
    ),
  ];
  return within(definitions[name]!);
}

function interfaceOf(name: string): string {
  const { properties = {}, required = [] } = definitions[name]!;
  const fields = Object.entries(properties).map(
    ([field, node]) => `  readonly ${field}${required.includes(field) ? '' : '?'}: ${typeOf(node)};\n`,
  );
  return `/** ${name} of Kubernetes' API. */\nexport interface ${name} {\n${fields.join('')}}`;
}

function typeOf(node: Node): string {
  if (node.$ref !== undefined) return NOTATIONS.includes(node.$ref) ? 'number | string' : node.$ref;
  switch (node.type) {
    case 'integer':
      return 'number';
    case 'array': {
      const item = typeOf(node.items!);
      return `readonly ${item.includes(' ') ? `(${item})` : item}[]`;
    }
    case 'object':
      return node.additionalProperties ? `Readonly<Record<string, ${typeOf(node.additionalProperties)}>>` : 'object';
    case 'string':
    case 'boolean':
      return node.type;
    case undefined:
      throw new Error('a node of the schema has neither a type nor a reference');
  }
}

if (require.main === module) for (const [file, text] of coreV1Types()) writeFileSync(file, text);
