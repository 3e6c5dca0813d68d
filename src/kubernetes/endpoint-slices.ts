import type { EndpointSlice } from './core-objects';

/** Label of an EndpointSlice: the Service it belongs to. */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** An address that a Service routes to, and the pod it belongs to. */
export interface ReadyAddress {
  ip: string;
  pod: string;
}

/** The pods' addresses that a Service routes to, by its slices; a missing condition counts as ready. */
export function readyAddresses(slices: readonly EndpointSlice[]): ReadyAddress[] {
  return slices
    .flatMap((slice) => slice.endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses, targetRef }) => (targetRef?.name ? { ip: addresses[0] ?? '', pod: targetRef.name } : []));
}

/** Names of the pods that a Service routes to. */
export function readyPods(slices: readonly EndpointSlice[]): string[] {
  return readyAddresses(slices).map(({ pod }) => pod);
}
