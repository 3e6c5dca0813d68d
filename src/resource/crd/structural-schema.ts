import * as z from 'zod';

/**
 * A structural schema of `apiextensions.k8s.io/v1`: the dialect of OpenAPI v3 that a custom resource definition is written in.
 *
 * @see Kubernetes API, `apiextensions.k8s.io/v1` JSONSchemaProps
 */
export interface StructuralSchema {
  type?: string;
  format?: string;
  properties?: Record<string, StructuralSchema>;
  required?: string[];
  items?: StructuralSchema;
  additionalProperties?: StructuralSchema;
  /** `default`, bounds, `enum`, `pattern`, and the `x-kubernetes-…` keywords. */
  [keyword: string]: unknown;
}

/**
 * Translates a zod schema into the schema of a custom resource definition. What zod cannot express (defaults that the API server
 * fills in, list types, map keys, CEL rules) is in the schema's `meta` under the definition's own keyword.
 */
export function structuralSchema(schema: z.ZodType): StructuralSchema {
  return z.toJSONSchema(schema, { target: 'openapi-3.0', override: translate }) as StructuralSchema;
}

type Override = NonNullable<z.core.ToJSONSchemaParams['override']>;

/** From OpenAPI 3.0 as zod writes it to what the API server accepts. It may visit a node twice, and then has nothing to do. */
const translate: Override = ({ zodSchema, jsonSchema }) => {
  // The API server prunes unknown fields by default.
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
  // A slash is escaped for JavaScript's sake.
  if (jsonSchema.pattern) jsonSchema.pattern = jsonSchema.pattern.replaceAll('\\/', '/');
  if (zodSchema instanceof z.ZodNumber) {
    jsonSchema.format = zodSchema.format === 'int32' ? 'int32' : 'int64';
    // zod also writes the bounds of the number's format.
    if (jsonSchema.minimum! <= -(2 ** 31)) delete jsonSchema.minimum;
    if (jsonSchema.maximum! >= 2 ** 31 - 1) delete jsonSchema.maximum;
  }
  if (zodSchema instanceof z.ZodUnion) {
    // Exactly this is allowed in place of a type. The pattern of the text is in `meta`.
    jsonSchema.anyOf = [{ type: 'integer' }, { type: 'string' }];
  }
};
