import * as z from 'zod';

/**
 * The parts of Kubernetes' own core/v1 API inside the custom resources. They are validated in full, by definitions that
 * are loaded on first use; their TypeScript types name the fields this project reads, and allow any other.
 */
type Loose<T> = T & Record<string, unknown>;

export type ContainerPort = Loose<{ name?: string; containerPort: number; protocol?: string }>;
export type ServicePort = Loose<{
  name?: string;
  port: number;
  protocol?: string;
  targetPort?: number | string;
  nodePort?: number;
}>;
export type ServiceSpec = Loose<{ type?: string; selector?: Record<string, string>; ports?: ServicePort[] }>;
export type EnvVar = Loose<{ name: string; value?: string }>;
export type Container = Loose<{ name: string; env?: EnvVar[] }>;
export type Volume = Loose<{ name: string }>;
export type VolumeMount = Loose<{ name: string; mountPath: string }>;
export type VolumeDevice = Loose<{ name: string; devicePath: string }>;
export type LocalObjectReference = Loose<{ name?: string }>;
type AnyObject = Record<string, unknown>;

export const affinity = part<AnyObject>('Affinity');
export const container = part<Container>('Container');
export const containerPort = part<ContainerPort>('ContainerPort');
export const envFromSource = part<AnyObject>('EnvFromSource');
export const envVar = part<EnvVar>('EnvVar');
export const ephemeralContainer = part<Container>('EphemeralContainer');
export const intOrString = part<number | string>('IntOrString');
export const lifecycle = part<AnyObject>('Lifecycle');
export const localObjectReference = part<LocalObjectReference>('LocalObjectReference');
export const persistentVolumeClaimSpec = part<AnyObject>('PersistentVolumeClaimSpec');
export const podSecurityContext = part<AnyObject>('PodSecurityContext');
export const probe = part<AnyObject>('Probe');
export const resourceRequirements = part<AnyObject>('ResourceRequirements');
export const securityContext = part<AnyObject>('SecurityContext');
export const serviceSpec = part<ServiceSpec>('ServiceSpec');
export const toleration = part<AnyObject>('Toleration');
export const topologySpreadConstraint = part<AnyObject>('TopologySpreadConstraint');
export const volume = part<Volume>('Volume');
export const volumeDevice = part<VolumeDevice>('VolumeDevice');
export const volumeMount = part<VolumeMount>('VolumeMount');

function part<T>(name: string): z.ZodType<T> {
  return z.lazy(() => {
    // Not an import: programs that describe a cluster without such parts need not load the definitions.
    const { coreV1Definition } = require('./crd/core-v1-definitions') as typeof import('./crd/core-v1-definitions');
    return coreV1Definition(name) as z.ZodType<T>;
  });
}
