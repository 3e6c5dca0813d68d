import { z } from 'zod';

/**
 * The parts of Kubernetes' own core/v1 API inside of the custom resource, as loosely as they can be told: the fields this
 * project reads, and anything else. A schema generated from Kubernetes' OpenAPI document is to take the place of this file.
 */

const looseObject = z.looseObject({});

export const containerPort = z.looseObject({
  name: z.string().optional(),
  containerPort: z.int32(),
  protocol: z.string().optional().meta({ default: 'TCP' }),
});

export const servicePort = z.looseObject({
  name: z.string().optional(),
  port: z.int32(),
  protocol: z.string().optional().meta({ default: 'TCP' }),
  targetPort: z.union([z.int32(), z.string()]).optional(),
  nodePort: z.int32().optional(),
});

export const serviceSpec = z.looseObject({
  type: z.string().optional(),
  selector: z.record(z.string(), z.string()).optional(),
  ports: z.array(servicePort).optional(),
});

export const envVar = z.looseObject({ name: z.string(), value: z.string().optional() });
export const container = z.looseObject({ name: z.string(), env: z.array(envVar).optional() });
export const volume = z.looseObject({ name: z.string() });
export const volumeMount = z.looseObject({ name: z.string(), mountPath: z.string() });
export const volumeDevice = z.looseObject({ name: z.string(), devicePath: z.string() });
export const localObjectReference = z.looseObject({ name: z.string().optional() });
export const envFromSource = looseObject;
export const affinity = looseObject;
export const toleration = looseObject;
export const probe = looseObject;
export const lifecycle = looseObject;
export const resourceRequirements = looseObject;
export const securityContext = looseObject;
export const podSecurityContext = looseObject;
export const persistentVolumeClaimSpec = looseObject;
