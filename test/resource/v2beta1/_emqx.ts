import type { Emqx } from '../../../src/resource';

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

/** The cluster with one value put at a path of names and indices; `undefined` removes it. */
export function emqxWith(path: string, value: unknown): Emqx {
  const root = emqx();
  const steps = path.split('.');
  let at = root as unknown as Record<string, unknown>;
  for (const step of steps.slice(0, -1)) {
    at[step] ??= {};
    at = at[step] as Record<string, unknown>;
  }
  const last = steps.at(-1)!;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return root;
}
