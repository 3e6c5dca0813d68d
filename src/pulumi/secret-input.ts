import * as pulumi from '@pulumi/pulumi';
import { isKubeconfigText } from './link';

/** Fields of the items of `apiKeys` and `env` that are no secret: names, and where a value is to be found. */
const PLAIN: readonly string[] = ['key', 'secretName', 'fromSecret', 'fromConfigMap'];

/**
 * A property with what may be secret in it marked so, and nothing else: a preview then shows which setting changes. The outputs are
 * secret as a whole: after an update that failed they hold old values, of which the new inputs say nothing.
 */
export function secretInput(property: string, value: pulumi.Input<unknown>): pulumi.Output<unknown> {
  return (pulumi.output(value) as pulumi.Output<unknown>).apply((given) => secretsIn(property, given));
}

function secretsIn(property: string, value: unknown): unknown {
  switch (property) {
    case 'kubeconfig':
      return typeof value === 'string' && !isKubeconfigText(value) ? value : pulumi.secret(value);
    case 'emqxConfig':
    case 'config':
      return marked(value, (setting) => pulumi.secret(setting));
    case 'env':
    case 'apiKeys':
      return marked(value, (item) =>
        marked(item, (field, name) => (PLAIN.includes(name) ? field : pulumi.secret(field))),
      );
    case 'cores':
    case 'replicants':
      return marked(value, (part, name) => (name === 'env' || name === 'args' ? secretsIn(name, part) : part));
    default:
      return pulumi.secret(value);
  }
}

/** Each field by `mark`; what is no object, such as a configuration in one text, is secret as a whole. */
function marked(value: unknown, mark: (field: unknown, name: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item, index) => mark(item, String(index)));
  if (typeof value !== 'object' || value === null) return pulumi.secret(value);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, mark(field, name)]));
}
