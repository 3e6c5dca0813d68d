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
