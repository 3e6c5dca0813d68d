import * as z from 'zod';
import { formatPath, type Problem } from './problem';
import { at, structuralFindings } from './structure';

const strings = z.record(z.string(), z.string().nullish()).nullish();

const object = z.looseObject({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  metadata: z.looseObject({
    name: z.string().min(1),
    namespace: z.string().nullish(),
    labels: strings,
    annotations: strings,
    ownerReferences: z.array(z.looseObject({})).nullish(),
  }),
});

const port = z.looseObject({
  name: z.string().nullish(),
  port: z.int32(),
  protocol: z.string().nullish(),
  targetPort: z.union([z.int32(), z.string()]).nullish(),
  nodePort: z.int32().nullish(),
});

/** The structure of the kinds of which fields are read. */
const kinds: Readonly<Record<string, z.ZodType>> = {
  'v1/Secret': object.extend({ data: strings, stringData: strings }),
  'v1/ConfigMap': object.extend({ data: strings }),
  'v1/Service': object.extend({
    spec: z.looseObject({ type: z.string().nullish(), selector: strings, ports: z.array(port).nullish() }),
  }),
  'v1/ResourceQuota': object.extend({ spec: z.looseObject({ hard: z.record(z.string(), z.unknown()).nullish() }) }),
};

/** What kubectl would refuse in another object of a cluster's manifest, as far as it is read. */
export function problemsOfOther(other: object, label: string): Problem[] {
  const key = `${String(at(other, ['apiVersion']))}/${String(at(other, ['kind']))}`;
  const schema = Object.hasOwn(kinds, key) ? kinds[key]! : object;
  const isSecret = (steps: readonly (string | number)[]) => /ata$/.test(String(steps[0]));
  return structuralFindings(schema, other, isSecret, { authority: 'Kubernetes' }).map(({ steps, problem }) => ({
    ...problem,
    path: `${label}: ${formatPath(steps)}`,
  }));
}
