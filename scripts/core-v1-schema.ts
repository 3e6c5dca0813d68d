/**
 * Writes `src/resource/crd/core-v1.schema.json`: the structure of the core/v1 types inside of the custom resources.
 *
 *     npx tsx scripts/core-v1-schema.ts <document>
 *
 * The document is what a kube-apiserver answers at `/openapi/v3/api/v1`; Kubernetes' source tree has the same at
 * `api/openapi-spec/v3/api__v1_openapi.json`. From a running cluster, with the kubectl that KUBECONFIG points at:
 *
 *     kubectl get --raw /openapi/v3/api/v1 | npx tsx scripts/core-v1-schema.ts /dev/stdin
 *
 * Take Kubernetes 1.29.0. EMQX Operator 2.2.29 is built with that version's types: it forgets fields that came later, so a
 * definition that accepted them would lose them without a word.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EMBEDDED_METADATA, OVERRIDES } from './core-v1-overrides';

/** The types that the custom resources name; what these refer to comes along. */
const ROOTS = [
  'Affinity',
  'Container',
  'ContainerPort',
  'EnvFromSource',
  'EnvVar',
  'EphemeralContainer',
  'Lifecycle',
  'LocalObjectReference',
  'PersistentVolumeClaimSpec',
  'PodSecurityContext',
  'Probe',
  'ResourceRequirements',
  'SecurityContext',
  'ServiceSpec',
  'Toleration',
  'TopologySpreadConstraint',
  'Volume',
  'VolumeDevice',
  'VolumeMount',
];

/** Types that are no structure but a notation: the reader of the file knows them by name. */
const NOTATIONS = ['IntOrString', 'Quantity'];

/** What is kept of a node; descriptions, defaults, enumerations and hints for patches are not. */
const KEPT = [
  'type',
  'format',
  'required',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
];

interface Node {
  $ref?: string;
  allOf?: Node[];
  properties?: Record<string, Node>;
  items?: Node;
  additionalProperties?: Node;
  [keyword: string]: unknown;
}

const [documentFile] = process.argv.slice(2);
if (!documentFile) throw new Error('usage: npx tsx scripts/core-v1-schema.ts <OpenAPI v3 document of api/v1>');
const document = JSON.parse(readFileSync(documentFile, 'utf8')) as { components: { schemas: Record<string, Node> } };

const definitions = new Map<string, Node>();
for (const root of ROOTS) define(`io.k8s.api.core.v1.${root}`);
for (const { definition, property, add } of OVERRIDES) {
  const found = definitions.get(definition);
  const target = property === undefined ? found : found?.properties?.[property];
  if (!target) throw new Error(`no ${[definition, property].join('.')} to override`);
  Object.assign(target, add);
}

const file = path.resolve(__dirname, '../src/resource/crd/core-v1.schema.json');
writeFileSync(file, `${JSON.stringify(sorted(Object.fromEntries(definitions)), null, 2)}\n`);
execFileSync('npx', ['biome', 'format', '--write', file], { stdio: 'ignore' });
console.log(`${definitions.size} definitions in ${path.relative(process.cwd(), file)}`);

/** Adds a definition and all it refers to, and gives back the short name it goes by. */
function define(fullName: string): string {
  const name = fullName.slice(fullName.lastIndexOf('.') + 1);
  if (definitions.has(name) || NOTATIONS.includes(name)) return name;
  const node = document.components.schemas[fullName];
  if (!node) throw new Error(`the document has no ${fullName}`);
  const definition: Node = {};
  definitions.set(name, definition);
  Object.assign(definition, structure(name === 'ObjectMeta' ? embeddedMetadata(node) : node));
  return name;
}

function embeddedMetadata(node: Node): Node {
  const kept = Object.entries(node.properties ?? {}).filter(([name]) => EMBEDDED_METADATA.includes(name));
  return { ...node, properties: Object.fromEntries(kept) };
}

function structure(node: Node): Node {
  const target = node.$ref ?? node.allOf?.[0]?.$ref;
  if (target !== undefined) return { $ref: define(target.slice(target.lastIndexOf('/') + 1)) };
  const { properties, items, additionalProperties } = node;
  return {
    ...Object.fromEntries(KEPT.filter((keyword) => keyword in node).map((keyword) => [keyword, node[keyword]])),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([k, v]) => [k, structure(v)])),
    }),
    ...(items && { items: structure(items) }),
    ...(additionalProperties && { additionalProperties: structure(additionalProperties) }),
  };
}

/** The same with the keys of each object in alphabetical order, so that a new document shows as a small difference. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, child]) => [key, sorted(child)]));
}
