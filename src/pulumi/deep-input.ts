import type { Input } from '@pulumi/pulumi';

/** Plain values of which each part may also be a promise, or the output of another resource. */
export type DeepInput<T> = [T] extends [string | number | boolean | undefined]
  ? Input<T>
  : T extends readonly (infer Item)[]
    ? Input<readonly DeepInput<Item>[]>
    : T extends object
      ? Input<DeepInputs<T>>
      : Input<T>;

/** The same of each property. */
export type DeepInputs<T> = { readonly [Name in keyof T]: DeepInput<T[Name]> };
