import type { EvacuationRates, Generation } from './generation';

/** How a cluster is upgraded, under the name that a generation has for it. */
interface Strategy {
  readonly initialDelaySeconds?: number | undefined;
  readonly evacuationStrategy?: EvacuationRates | undefined;
}

type Wanting<Field extends string> = { readonly spec: { readonly [Name in Field]?: Strategy | undefined } };

/** What a generation says of the strategy: the same in both, in another field of `spec`. */
export function strategyIn<Field extends string>(field: Field) {
  return {
    strategyOf: ({ spec }) => spec[field] && (spec[field].evacuationStrategy ?? {}),
    strategyPath: `spec.${field}`,
    delayOf: ({ spec }) => spec[field]?.initialDelaySeconds,
    delayPath: `spec.${field}.initialDelaySeconds`,
    delayPatch: (initialDelaySeconds) => ({ [field]: { initialDelaySeconds } }),
    withDelay(spec, initialDelaySeconds) {
      const { [field]: strategy, ...rest } = spec as Record<string, unknown> & Wanting<Field>['spec'];
      if (!strategy) return { ...spec };
      const { initialDelaySeconds: _, ...others } = strategy;
      return { ...rest, [field]: { ...others, ...(initialDelaySeconds !== undefined && { initialDelaySeconds }) } };
    },
  } satisfies Pick<
    Generation<Wanting<Field>>,
    'strategyOf' | 'strategyPath' | 'delayOf' | 'delayPath' | 'delayPatch' | 'withDelay'
  >;
}
