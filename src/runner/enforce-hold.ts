import type { KubeApi, KubeObject, ObjectRef } from '../kubernetes';
import { generationOf, HOLD_DELAY_SECONDS, INITIAL_DELAY_ANNOTATION, TRAFFIC_LABEL } from '../resource';
import type { ClusterView } from '../upgrade';
import type { ClusterRef } from './sighting';

/**
 * Holds the operator of a cluster at rest, so that a change of its template waits. The delay that its owner has given is kept on the
 * traffic Service first, where upgrades find it; the Service of the operator itself keeps none.
 *
 * @returns what was done, one sentence
 * @throws KubeApiError `Conflict` when the resource has changed meanwhile
 */
export async function enforceHold(
  api: KubeApi,
  { kind, namespace, name }: ClusterRef,
  view: ClusterView,
  signal: AbortSignal,
): Promise<string> {
  const { resource, resourceVersion, keptInitialDelaySeconds, traffic } = view;
  const generation = generationOf(resource);
  const { apiVersion, delayPath } = generation;
  const delay = generation.delayOf(resource) ?? 0;
  const own = traffic.find(({ byOperator }) => !byOperator)?.service;
  const isKept = keptInitialDelaySeconds !== undefined || own !== undefined;
  if (keptInitialDelaySeconds === undefined && own !== undefined) {
    await annotate(api, { apiVersion: 'v1', kind: 'Service', namespace, name: own }, String(delay), signal);
  }
  const body = { metadata: { resourceVersion }, spec: generation.delayPatch(HOLD_DELAY_SECONDS) };
  await api.patch({ apiVersion, kind, namespace, name }, { type: 'merge', body }, {}, signal);
  const kept = isKept
    ? `upgrades wait ${keptInitialDelaySeconds ?? delay} s after the switch, as before`
    : `upgrades wait no longer ${delay} s after the switch: there is no Service with the label ${TRAFFIC_LABEL} to keep that on`;
  return `the operator is held by ${delayPath}, which was ${delay} s: a change of the template now waits; ${kept}`;
}

function annotate(api: KubeApi, service: ObjectRef, value: string, signal: AbortSignal): Promise<KubeObject> {
  const body = { metadata: { annotations: { [INITIAL_DELAY_ANNOTATION]: value } } };
  return api.patch(service, { type: 'merge', body }, {}, signal);
}
