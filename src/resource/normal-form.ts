import { canonicalQuantity } from './canonical-quantity';
import type { EmqxEnterpriseSpec } from './emqx-enterprise';

type Fields = Record<string, unknown>;

/**
 * A container as it is stored: protocols of ports and services of gRPC probes are filled in by the definition, quantities
 * have one spelling, and what says nothing (`resources: {}`, an empty value of a variable) is left out.
 */
export function normalContainer<T>(container: T): T {
  if (!isFields(container)) return container;
  const { resources, ports, env, ...rest } = container as Fields;
  const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'].filter((name) => rest[name] !== undefined);
  return {
    ...rest,
    ...(ports !== undefined && { ports: each(ports, (port) => ({ protocol: 'TCP', ...port })) }),
    ...(env !== undefined && { env: each(env, ({ value, ...one }) => (value ? { ...one, value } : one)) }),
    ...(!isEmpty(resources) && { resources: normalResources(resources) }),
    ...Object.fromEntries(probes.map((name) => [name, normalProbe(rest[name])])),
  } as T;
}

export function normalContainers<T>(containers: T): T {
  return (Array.isArray(containers) ? containers.map(normalContainer) : containers) as T;
}

/** The claim of each node's volume, as it is stored. */
export function normalClaim(claim: NonNullable<EmqxEnterpriseSpec['persistent']>['spec']): typeof claim {
  return isFields(claim) && claim['resources'] !== undefined
    ? { ...claim, resources: normalResources(claim['resources']) }
    : claim;
}

/** Whether a field says nothing: Go programs write `{}` where they mean to write nothing. */
export function isEmpty(value: unknown): boolean {
  return value === undefined || (isFields(value) && Object.keys(value).length === 0);
}

function normalResources(resources: unknown): unknown {
  if (!isFields(resources)) return resources;
  return Object.fromEntries(
    Object.entries(resources).map(([kind, amounts]) => [
      kind,
      isFields(amounts)
        ? Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, canonicalQuantity(amount)]))
        : amounts,
    ]),
  );
}

function normalProbe(probe: unknown): unknown {
  if (!isFields(probe) || !isFields(probe['grpc'])) return probe;
  return { ...probe, grpc: { service: '', ...probe['grpc'] } };
}

function each(list: unknown, change: (item: Fields) => Fields): unknown {
  return Array.isArray(list) ? list.map((item: unknown) => (isFields(item) ? change(item) : item)) : list;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
