import type { Secret } from '../../kubernetes/core-types';
import { kinds } from '../../kubernetes/kinds';
import type { Random } from '../../random';
import { passwordIn, randomPassword } from '../bootstrap-text';
import { createOwned } from '../owned-object';
import type { Pass } from './pass';

/** The operator's own user of the management API. */
export const operatorUser = 'emqx_operator_controller';

/** Name of the Secret with the users EMQX starts with. */
export function bootstrapSecretName(cluster: string): string {
  return `${cluster}-bootstrap-user`;
}

/** Creates the Secret of the first users: those of the custom resource and the operator's own, with a random password. */
export async function createBootstrapUser(pass: Pass, random: Random): Promise<void> {
  const keys = pass.instance.spec.template?.spec?.emqxContainer?.bootstrapAPIKeys ?? [];
  const lines = [...keys.map(({ key, secret }) => `${key}:${secret}`), `${operatorUser}:${randomPassword(random)}`];
  await createOwned<Secret>(pass, {
    ...kinds.secret,
    metadata: pass.owned(bootstrapSecretName(pass.instance.metadata.name)),
    stringData: { bootstrap_user: lines.join('\n') },
  });
}

/** The operator's password in that Secret. @throws Error when it has none */
export function operatorPassword(secret: Secret): string {
  return passwordIn(secret, 'bootstrap_user', operatorUser);
}
