import type { Secret } from '../kubernetes/core-types';
import { kinds } from '../kubernetes/kinds';
import type { Random } from '../random';
import { createOwned } from './owned-object';
import type { Pass } from './pass';

/** The operator's own user of the management API. */
export const operatorUser = 'emqx_operator_controller';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Name of the Secret with the users EMQX starts with. */
export function bootstrapSecretName(cluster: string): string {
  return `${cluster}-bootstrap-user`;
}

/** Creates the Secret of the first users: those of the custom resource and the operator's own, with a random password. */
export async function createBootstrapUser(pass: Pass, random: Random): Promise<void> {
  const keys = pass.instance.spec.template?.spec?.emqxContainer?.bootstrapAPIKeys ?? [];
  const password = Array.from({ length: 64 }, () => letters[random.below(letters.length)]).join('');
  const lines = [...keys.map(({ key, secret }) => `${key}:${secret}`), `${operatorUser}:${password}`];
  await createOwned<Secret>(pass, {
    ...kinds.secret,
    metadata: pass.owned(bootstrapSecretName(pass.instance.metadata.name)),
    stringData: { bootstrap_user: lines.join('\n') },
  });
}

/** The operator's password in that Secret. @throws Error when it has none */
export function operatorPassword(secret: Secret): string {
  const lines = Buffer.from(secret.data?.['bootstrap_user'] ?? '', 'base64').toString();
  const line = lines.split('\n').find((each) => each.startsWith(`${operatorUser}:`));
  if (!line) throw new Error('the secret does not contain the bootstrap_user');
  return line.slice(operatorUser.length + 1);
}
