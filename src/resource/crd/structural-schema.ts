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
 * Says in a custom resource definition's words what a zod schema says. What zod has no words for (defaults that the API server
 * fills in, list types, map keys, CEL rules) stands in the schema's `meta` under the definition's own keyword.
 */
export function structuralSchema(schema: z.ZodType): StructuralSchema {
  return z.toJSONSchema(schema, { target: 'openapi-3.0', override: translate }) as StructuralSchema;
}

type Override = NonNullable<z.core.ToJSONSchemaParams['override']>;

/** From OpenAPI 3.0 as zod writes it to what the API server takes. It may meet a node twice, and then has nothing to do. */
const translate: Override = ({ zodSchema, jsonSchema }) => {
  // The API server prunes the fields it does not know, without being told.
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
  // A slash is escaped for JavaScript's sake.
  if (jsonSchema.pattern) jsonSchema.pattern = jsonSchema.pattern.replaceAll('\\/', '/');
  if (zodSchema instanceof z.ZodNumber) {
    jsonSchema.format = zodSchema.format === 'int32' ? 'int32' : 'int64';
    // zod names the bounds of the number's format, too.
    if (jsonSchema.minimum! <= -(2 ** 31)) delete jsonSchema.minimum;
    if (jsonSchema.maximum! >= 2 ** 31 - 1) delete jsonSchema.maximum;
  }
  if (zodSchema instanceof z.ZodUnion) {
    // Exactly this is allowed in place of a type. What the text must look like stands in `meta`.
    jsonSchema.anyOf = [{ type: 'integer' }, { type: 'string' }];
  }
};
