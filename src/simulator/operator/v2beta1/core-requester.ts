import type { EmqxRequest, EmqxResponse } from '../../../emqx/transport';
import { conditionOf, type Pod } from '../../kubernetes/core-types';
import { PodRequester, type PodRequesterOptions } from '../pod-requester';

interface CoreRequesterOptions extends PodRequesterOptions {
  /** The pod that answers for the cluster. */
  core: string;
}

/** How the operator asks EMQX: one core, the same for a whole pass. */
export class CoreRequester extends PodRequester<CoreRequesterOptions> {
  /** @throws TransportError when that core does not answer; none other is asked in its place */
  any(
    method: EmqxRequest['method'],
    path: string,
    body: string | undefined,
    signal: AbortSignal,
    headers?: Readonly<Record<string, string>>,
  ): Promise<EmqxResponse> {
    return this.pod(this.options.core, method, path, body, signal, headers);
  }
}

/** The core that is asked: the oldest whose containers are ready, so during an upgrade a blue one. */
export function coreToAsk(cores: readonly Pod[]): Pod | undefined {
  return cores
    .filter(({ metadata, status }) => !metadata.deletionTimestamp && status?.podIP)
    .filter((pod) => conditionOf(pod, 'ContainersReady') === 'True')
    .sort((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''))[0];
}
