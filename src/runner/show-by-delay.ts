import { isKubeError, type KubeApi } from '../kubernetes';
import { generationOf, HOLD_DELAY_SECONDS, isHeld, STOPPED_DELAY_SECONDS } from '../resource';
import type { ClusterPort } from '../upgrade';
import type { ClusterRef } from './sighting';

/** What a delay shows. All of them hold the operator, and the end of a run restores the delay of the owner. */
export const SHOWN_DELAY = {
  /** As after the first heartbeat of a run; not every generation has heartbeats. */
  running: HOLD_DELAY_SECONDS - 1,
  stopped: STOPPED_DELAY_SECONDS,
} as const;

/** With conflicts in between. */
const MOST_TRIES = 5;

/**
 * Shows by the delay of a held cluster what becomes of its upgrade. Written once each time: whoever applies another hold is left alone.
 *
 * @returns the generation of the resource; undefined where nothing was written
 * @throws KubeApiError `Conflict` when the resource changes again and again
 */
export async function showByDelay(
  api: KubeApi,
  ref: ClusterRef,
  cluster: ClusterPort,
  what: keyof typeof SHOWN_DELAY,
  signal: AbortSignal,
): Promise<number | undefined> {
  for (let tries = 1; ; tries++) {
    try {
      return await write(api, ref, cluster, what, signal);
    } catch (error) {
      // The operator writes the status meanwhile, with EMQX 5 each second.
      if (!isKubeError(error, 'Conflict') || tries === MOST_TRIES) throw error;
    }
  }
}

async function write(
  api: KubeApi,
  { kind, namespace, name }: ClusterRef,
  cluster: ClusterPort,
  what: keyof typeof SHOWN_DELAY,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { resource, resourceVersion, lease } = await cluster.observeFresh(signal);
  const generation = generationOf(resource);
  const seconds = SHOWN_DELAY[what];
  if (!isHeld(resource) || lease?.live || generation.delayOf(resource) === seconds) return undefined;
  const { apiVersion } = generation;
  const body = { metadata: { resourceVersion }, spec: generation.delayPatch(seconds) };
  const { metadata } = await api.patch({ apiVersion, kind, namespace, name }, { type: 'merge', body }, {}, signal);
  return metadata.generation;
}
