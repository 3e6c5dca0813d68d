import * as z from 'zod';
import type { KindRef, KubeObject } from '../../kubernetes/kube-api';
import { formatPath } from '../../resource/problem';
import { invalidObject } from '../../simulator/kubernetes/invalid-object';
import { kinds } from '../../simulator/kubernetes/kinds';

const named = z.looseObject({ name: z.string() });
const strings = z.record(z.string(), z.string());
const portNumber = z.int().min(1).max(65_535);

const podSpec = z.looseObject({
  containers: z
    .array(
      z.looseObject({
        name: z.string(),
        image: z.string(),
        ports: z.array(z.looseObject({ containerPort: portNumber })).optional(),
        env: z.array(named).optional(),
      }),
    )
    .min(1),
  volumes: z.array(named).optional(),
  readinessGates: z.array(z.looseObject({ conditionType: z.string() })).optional(),
  terminationGracePeriodSeconds: z.int().min(0).optional(),
});

const addresses = z.array(z.looseObject({ ip: z.string() })).optional();

const metadata = z.looseObject({
  name: z.string(),
  labels: strings.optional(),
  annotations: strings.optional(),
  finalizers: z.array(z.string()).optional(),
  ownerReferences: z.array(z.looseObject({ uid: z.string() })).optional(),
});

const anything = z.looseObject({ metadata });

const selectedPods = {
  replicas: z.int().optional(),
  selector: z.looseObject({ matchLabels: strings }),
  template: z.looseObject({ metadata: z.looseObject({ labels: strings }), spec: podSpec }),
};

const STRUCTURES: readonly [KindRef, z.ZodType][] = [
  [kinds.pod, z.looseObject({ metadata, spec: podSpec })],
  [
    kinds.service,
    z.looseObject({
      metadata,
      spec: z.looseObject({
        type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']).optional(),
        selector: strings.optional(),
        ports: z
          .array(
            z.looseObject({
              port: portNumber,
              targetPort: z.union([portNumber, z.string()]).optional(),
              nodePort: z.int().optional(),
            }),
          )
          .optional(),
      }),
    }),
  ],
  [kinds.replicaSet, z.looseObject({ metadata, spec: z.looseObject(selectedPods) })],
  [
    kinds.statefulSet,
    z.looseObject({
      metadata,
      spec: z.looseObject({
        ...selectedPods,
        volumeClaimTemplates: z.array(z.looseObject({ metadata: named })).optional(),
      }),
    }),
  ],
  [
    kinds.endpoints,
    z.looseObject({
      metadata,
      subsets: z
        .array(
          z.looseObject({
            addresses,
            notReadyAddresses: addresses,
            ports: z.array(z.looseObject({ port: portNumber })).optional(),
          }),
        )
        .optional(),
    }),
  ],
  [
    kinds.endpointSlice,
    z.looseObject({ metadata, endpoints: z.array(z.looseObject({ addresses: z.array(z.string()) })) }),
  ],
  [kinds.secret, z.looseObject({ metadata, data: strings.optional(), stringData: strings.optional() })],
  [kinds.configMap, z.looseObject({ metadata, data: strings.optional() })],
];

/**
 * Checks of an object what the simulated cluster relies on; most of what a real API server would check is not.
 *
 * @throws KubeApiError 422 `Invalid` with all problems
 */
export function checkStructure(object: KubeObject): void {
  const schema = STRUCTURES.find(([{ apiVersion, kind }]) => apiVersion === object.apiVersion && kind === object.kind);
  const { error } = (schema?.[1] ?? anything).safeParse(object);
  if (!error) return;
  const problems = error.issues.map(({ path, message }) => ({ field: formatPath(path), message }));
  throw invalidObject(object, problems);
}
