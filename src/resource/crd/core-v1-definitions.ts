import * as z from 'zod';
import { QUANTITY } from '../quantity';
import definitions from './core-v1.schema.json';

/** A node of `core-v1.schema.json`: OpenAPI v3, with references by bare name. */
type Node = Reference | Structure;

interface Reference {
  readonly $ref: string;
}

interface Structure {
  readonly type: 'string' | 'boolean' | 'integer' | 'array' | 'object';
  readonly format?: 'int32' | 'int64';
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly additionalProperties?: Node;
  /** A default, or a keyword of Kubernetes. */
  readonly [keyword: string]: unknown;
}

const nodes = definitions as unknown as Readonly<Record<string, Node>>;

/** Built so far, by name. The two notations of Kubernetes for values of two types are not definitions in the file. */
const schemas = new Map<string, z.ZodType>([
  ['IntOrString', z.union([z.int32(), z.string()]).meta({ 'x-kubernetes-int-or-string': true })],
  [
    'Quantity',
    z
      .union([z.int(), z.string().regex(QUANTITY)])
      .meta({ pattern: QUANTITY.source, 'x-kubernetes-int-or-string': true }),
  ],
]);

/**
 * The schema of a core/v1 type: strict, so that a misspelled field is refused.
 *
 * @see Kubernetes 1.29, with whose types EMQX Operator 2.2.29 is built
 */
export function coreV1Definition(name: string): z.ZodType {
  const built = schemas.get(name);
  if (built) return built;
  const node = nodes[name];
  if (!node) throw new Error(`core-v1.schema.json has no ${name}`);
  const schema = schemaOf(node);
  schemas.set(name, schema);
  return schema;
}

function schemaOf(node: Node): z.ZodType {
  const keywords = Object.entries(node).filter(([key]) => key === 'default' || key.startsWith('x-kubernetes-'));
  const schema = structureOf(node);
  return keywords.length > 0 ? schema.meta(Object.fromEntries(keywords)) : schema;
}

function structureOf(node: Node): z.ZodType {
  if (isReference(node)) return z.lazy(() => coreV1Definition(node.$ref));
  switch (node.type) {
    case 'string':
      return z.string();
    case 'boolean':
      return z.boolean();
    case 'integer':
      return node.format === 'int32' ? z.int32() : z.int();
    case 'array':
      return z.array(schemaOf(node.items!));
    case 'object':
      return node.additionalProperties ? z.record(z.string(), schemaOf(node.additionalProperties)) : objectOf(node);
  }
}

function objectOf({ properties = {}, required = [] }: Structure): z.ZodType {
  const field = ([name, node]: [string, Node]) => {
    const schema = schemaOf(node);
    return [name, required.includes(name) ? schema : schema.optional()];
  };
  return z.strictObject(Object.fromEntries(Object.entries(properties).map(field)));
}

function isReference(node: Node): node is Reference {
  return '$ref' in node;
}
