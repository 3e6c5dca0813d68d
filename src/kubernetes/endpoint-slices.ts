import type { EndpointSlice } from './core-objects';

/** Label of an EndpointSlice: the Service it belongs to. */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** Names of the pods that a Service leads to, by its slices; a condition that is not told counts as ready. */
export function readyPods(slices: readonly EndpointSlice[]): string[] {
  return slices
    .flatMap((slice) => slice.endpoints ?? [])
    .flatMap((endpoint) => (endpoint.conditions?.ready !== false ? (endpoint.targetRef?.name ?? []) : []));
}
