import type { CredentialsSecret } from '../resource';
import { PortError } from '../upgrade';
import type { Secret } from './core-objects';

/**
 * The operator's own user of the management API, in the Secret that the operator keeps for it.
 *
 * @throws PortError `refused` where the Secret has none
 */
export function operatorsUserIn(
  { metadata, data }: Secret,
  { key, id }: CredentialsSecret,
): { id: string; secret: string } {
  const lines = Buffer.from(data?.[key] ?? '', 'base64')
    .toString()
    .trim()
    .split('\n');
  const line = lines.findLast((candidate) => candidate.startsWith(`${id}:`));
  const colon = line?.indexOf(':') ?? -1;
  if (!line || colon < 0) {
    throw new PortError('refused', `the Secret ${metadata.name} has no entry for the operator's user`);
  }
  return { id: line.slice(0, colon), secret: line.slice(colon + 1) };
}

/**
 * Credentials of the user's own, in a Secret as `ApiKey.fromSecret` of the constructs takes it.
 *
 * @throws PortError `refused` where it is another Secret
 */
export function ownUserIn({ metadata, data }: Secret): { id: string; secret: string } {
  const [id, secret] = ['key', 'secret'].map((key) =>
    Buffer.from(data?.[key] ?? '', 'base64')
      .toString()
      .trim(),
  );
  if (id && secret) return { id, secret };
  throw new PortError('refused', `the Secret ${metadata.name} must have an API key under 'key' and 'secret'`);
}
