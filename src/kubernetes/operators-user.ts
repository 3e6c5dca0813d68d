import { PortError } from '../upgrade';
import type { Secret } from './core-objects';

/**
 * The operator's own user of the management API, in the Secret `<cluster>-bootstrap-user`.
 *
 * @throws PortError `refused` where the Secret has none
 */
export function operatorsUserIn({ metadata, data }: Secret): { id: string; secret: string } {
  const lines = Buffer.from(data?.['bootstrap_user'] ?? '', 'base64')
    .toString()
    .trim()
    .split('\n');
  const line = lines.findLast((candidate) => candidate.startsWith('emqx_operator_controller:'));
  const colon = line?.indexOf(':') ?? -1;
  if (!line || colon < 0) {
    throw new PortError('refused', `the Secret ${metadata.name} has no entry for the operator's user`);
  }
  return { id: line.slice(0, colon), secret: line.slice(colon + 1) };
}
