import * as z from 'zod';

const strings = z.record(z.string(), z.string());

/** Metadata of a stored object. @see Kubernetes API, meta/v1 ObjectMeta */
export const objectMeta = z.strictObject({
  name: z.string(),
  generateName: z.string().optional(),
  namespace: z.string().optional(),
  labels: strings.optional(),
  annotations: strings.optional(),
  finalizers: z.array(z.string()).optional(),
  ownerReferences: z
    .array(
      z.strictObject({
        apiVersion: z.string(),
        kind: z.string(),
        name: z.string(),
        uid: z.string(),
        controller: z.boolean().optional(),
        blockOwnerDeletion: z.boolean().optional(),
      }),
    )
    .optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.int().optional(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  deletionGracePeriodSeconds: z.int().optional(),
  managedFields: z.array(z.looseObject({})).optional(),
  selfLink: z.string().optional(),
});

/** Metadata of a template inside the custom resource: only the fields that its definition keeps. */
export const templateMeta = z.strictObject({
  name: z.string().optional(),
  namespace: z.string().optional(),
  labels: strings.optional(),
  annotations: strings.optional(),
  finalizers: z.array(z.string()).optional(),
});
