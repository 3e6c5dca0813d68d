import { type EmqxResponse, TransportError } from '../../../emqx/transport';
import type { KubeApi } from '../../../kubernetes/kube-api';
import type { EndpointSlice } from '../../kubernetes/core-types';
import { kinds } from '../../kubernetes/kinds';
import type { Random } from '../../random';
import { PodRequester, type PodRequesterOptions } from '../pod-requester';

interface RequesterOptions extends PodRequesterOptions {
  api: KubeApi;
  random: Random;
  /** Name of the headless Service, which stands for "any node". */
  service: string;
}

/**
 * How the operator reaches EMQX: plain HTTP with the bootstrap user, either one pod by its address, or any pod by the
 * headless Service. DNS is replaced by reading the Service's endpoint slices, so its caches are not modelled.
 */
export class EmqxRequester extends PodRequester<RequesterOptions> {
  /** Asks whichever pod answers: those that refuse the connection are passed over. */
  async any(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<EmqxResponse> {
    const pods = await this.addresses(signal);
    const first = this.options.random.below(Math.max(1, pods.length));
    let refusal: unknown = new Error(`lookup ${this.options.service}: no such host`);
    for (const pod of [...pods.slice(first), ...pods.slice(0, first)]) {
      try {
        return await this.pod(pod, method, path, body, signal);
      } catch (error) {
        if (!(error instanceof TransportError && error.code === 'refused')) throw error;
        refusal = error;
      }
    }
    throw refusal;
  }

  private async addresses(signal: AbortSignal): Promise<string[]> {
    const { api, namespace, service } = this.options;
    const labels = { 'kubernetes.io/service-name': service };
    const slices = await api.list<EndpointSlice>({ namespace, labels, ...kinds.endpointSlice }, signal);
    return slices.items
      .flatMap(({ endpoints }) => endpoints ?? [])
      .flatMap(({ conditions, targetRef }) => (conditions.ready && targetRef ? [targetRef.name] : []));
  }
}
