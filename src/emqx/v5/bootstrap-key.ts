import { PortError } from '../../upgrade';
import type { Credentials } from '../management-api';

/** The key that the operator creates for itself. @see EMQX Operator 2.2.29, bootstrap_secret.go */
const OPERATORS_KEY = 'emqx-operator-controller';

/** A line of the file: `key:secret`, or since EMQX 5.8 `key:secret:role`. */
const LINE = /^([^:\s]+):(.+?)(?::(?:administrator|viewer|publisher))?$/;

/**
 * The API key of the operator in the content of the Secret `<cluster>-bootstrap-api-key`, and without it the first one.
 *
 * @throws PortError `refused` when there is none. No secret is in its message
 */
export function bootstrapKey(content: string): Credentials {
  const keys = content.split('\n').flatMap((line) => {
    const [, id, secret] = LINE.exec(line.trim()) ?? [];
    return id && secret ? { id, secret } : [];
  });
  const key = keys.find(({ id }) => id === OPERATORS_KEY) ?? keys[0];
  if (key) return key;
  throw new PortError('refused', 'the bootstrap API keys of the cluster have no line of the form key:secret');
}
