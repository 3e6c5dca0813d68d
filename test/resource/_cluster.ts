import type { EmqxEnterprise } from '../../src/resource';

/** The smallest cluster that can be upgraded, new for each caller. */
export function cluster(): EmqxEnterprise {
  return {
    apiVersion: 'apps.emqx.io/v1beta4',
    kind: 'EmqxEnterprise',
    metadata: { name: 'emqx-ee' },
    spec: {
      blueGreenUpdate: {
        initialDelaySeconds: 5,
        evacuationStrategy: { waitTakeover: 5, connEvictRate: 10, sessEvictRate: 10 },
      },
      template: { spec: { emqxContainer: { image: { repository: 'emqx/emqx-ee', version: '4.4.14' } } } },
    },
  };
}

/** The cluster with one value put at a path; `undefined` removes it. */
export function clusterWith(path: string, value: unknown): unknown {
  return withValue(cluster(), path, value);
}

/** Puts one value at a path of names and indices; `undefined` removes it. */
export function withValue<T extends object>(root: T, path: string, value: unknown): T {
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
