import * as pulumi from '@pulumi/pulumi';
import type { SECRET_PROPERTIES } from './inputs';
import { isKubeconfigText } from './link';

/** Fields of the items of `apiKeys` and `env` that are no secret: names, and where a value is to be found. */
const PLAIN: readonly string[] = ['key', 'fromSecret', 'fromConfigMap'];

/**
 * A property with what may be secret in it marked so, and nothing else: a preview then shows which setting changes. The outputs are
 * secret as a whole: after an update that failed they hold old values, of which the new inputs say nothing.
 */
export function secretInput(
  property: (typeof SECRET_PROPERTIES)[number],
  value: pulumi.Input<unknown>,
): pulumi.Output<unknown> {
  const given = pulumi.output(value) as pulumi.Output<unknown>;
  switch (property) {
    case 'kubeconfig':
      return given.apply((text) => (typeof text === 'string' && !isKubeconfigText(text) ? text : pulumi.secret(text)));
    case 'args':
      return pulumi.secret(given);
    case 'emqxConfig':
      return given.apply((settings) => marked(settings, (setting) => pulumi.secret(setting)));
    case 'env':
    case 'apiKeys':
      return given.apply((items) =>
        marked(items, (item) => marked(item, (field, name) => (PLAIN.includes(name) ? field : pulumi.secret(field)))),
      );
  }
}

/** Each field by `mark`; what is no object is wrong, and is secret as a whole. */
function marked(value: unknown, mark: (field: unknown, name: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item, index) => mark(item, String(index)));
  if (typeof value !== 'object' || value === null) return pulumi.secret(value);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, mark(field, name)]));
}
