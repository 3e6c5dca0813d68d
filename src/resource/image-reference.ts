import type { Rule } from './rules';

/** The image of this package, which nobody publishes yet. */
export const imageReference: Rule = (value) =>
  typeof value === 'string' && /^[^\s/][^\s]*$/.test(value)
    ? undefined
    : {
        bound: 'the reference of an image',
        reason: 'there is no default one',
        fix: 'write for example "registry.example.com/emqx-blue-green:0.1.0"',
      };
