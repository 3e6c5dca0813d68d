import type { z } from 'zod';
import { GROUP } from '../constants';
import { type StructuralSchema, structuralSchema } from './structural-schema';

/** A column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'date';
  readonly jsonPath: string;
}

/** One version of a custom resource. */
export interface Version {
  /** For example `v1beta4`. */
  readonly name: string;
  readonly spec: z.ZodType;
  /** @default - the schema has no status */
  readonly status?: z.ZodType;
  /** Where `kubectl scale` finds the numbers. @default - cannot be scaled */
  readonly scale?: { readonly specReplicasPath: string; readonly statusReplicasPath: string };
  /** @default - name and age, the API server's own */
  readonly printerColumns?: readonly PrinterColumn[];
  /** Whether the API server warns of its use. @default false */
  readonly deprecated?: boolean;
}

/** One kind of the EMQX Operator: all of them are namespaced and have the subresource `status`. */
export interface Kind {
  readonly kind: string;
  readonly plural: string;
  /** @default - none */
  readonly shortNames?: readonly string[];
  /** All are served; the last one is stored. */
  readonly versions: readonly Version[];
}

/** A CustomResourceDefinition of `apiextensions.k8s.io/v1`, without `spec.conversion`. */
export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly names: {
      readonly kind: string;
      readonly listKind: string;
      readonly plural: string;
      readonly singular: string;
      readonly shortNames?: readonly string[];
    };
    readonly scope: 'Namespaced';
    readonly versions: readonly CustomResourceVersion[];
  };
}

/** `spec.versions[]` of a CustomResourceDefinition. */
export interface CustomResourceVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated?: boolean;
  readonly schema: { readonly openAPIV3Schema: StructuralSchema };
  readonly subresources: { readonly status: object; readonly scale?: object };
  readonly additionalPrinterColumns?: readonly PrinterColumn[];
}

/** Columns that several kinds share. */
export const AGE_COLUMN: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };
/** The type of the first condition that is true. */
export const CONDITION_COLUMN: PrinterColumn = {
  name: 'Status',
  type: 'string',
  jsonPath: '.status.conditions[?(@.status=="True")].type',
};

/** Renders the definition of a kind, as a new object at each call. */
export function customResourceDefinition({ kind, plural, shortNames, versions }: Kind): CustomResourceDefinition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        ...(shortNames && { shortNames: [...shortNames] }),
      },
      scope: 'Namespaced',
      versions: versions.map((version) => renderVersion(version, version === versions.at(-1))),
    },
  };
}

function renderVersion(version: Version, storage: boolean): CustomResourceVersion {
  const { name, spec, status, scale, printerColumns, deprecated } = version;
  return {
    name,
    served: true,
    storage,
    ...(deprecated && { deprecated }),
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: {
          apiVersion: { type: 'string' },
          kind: { type: 'string' },
          metadata: { type: 'object' },
          spec: structuralSchema(spec),
          ...(status && { status: structuralSchema(status) }),
        },
      },
    },
    subresources: { status: {}, ...(scale && { scale: { ...scale } }) },
    ...(printerColumns && { additionalPrinterColumns: printerColumns.map((column) => ({ ...column })) }),
  };
}
