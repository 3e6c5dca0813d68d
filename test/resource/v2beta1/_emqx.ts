import type { Emqx } from '../../../src/resource';
import { withValue } from '../_cluster';

/** The smallest EMQX that can be upgraded, new for each caller. */
export function emqx(): Emqx {
  return {
    apiVersion: 'apps.emqx.io/v2beta1',
    kind: 'EMQX',
    metadata: { name: 'emqx' },
    spec: {
      image: 'emqx/emqx-enterprise:5.8.9',
      updateStrategy: { evacuationStrategy: { waitTakeover: 10, connEvictRate: 100, sessEvictRate: 100 } },
    },
  };
}

/** The cluster with one value put at a path; `undefined` removes it. */
export function emqxWith(path: string, value: unknown): Emqx {
  return withValue(emqx(), path, value);
}
