import { isKubeError, type KubeObject } from '../../../kubernetes/kube-api';
import { API_KEYS_KEY, namesOf, OPERATOR_API_KEY } from '../../../resource';
import type { Secret } from '../../kubernetes/core-types';
import { kinds } from '../../kubernetes/kinds';
import { passwordIn, randomPassword } from '../bootstrap-text';
import { failing } from '../failure';
import type { ApiKey } from './emqx';
import { parseHocon, textAt } from './hocon';
import type { EmqxPass } from './pass';
import { ownLabels } from './resources';

/** The secret of the operator's key. @throws Error when the Secret has none */
export function operatorSecret(secret: Secret): string {
  return passwordIn(secret, API_KEYS_KEY, OPERATOR_API_KEY);
}

/**
 * Creates the Secrets of the nodes' cookie (that of the configuration, or a random one) and of the API keys: those of the resource
 * and the operator's own. What is there is left as it is.
 */
export async function addBootstrap(pass: EmqxPass): Promise<void> {
  const { spec, metadata } = pass.instance;
  const names = namesOf(metadata.name);
  const keys: string[] = [];
  for (const key of spec.bootstrapAPIKeys ?? []) {
    keys.push(await lineOf(pass, key).catch(failing('failed to get bootstrap api keys')));
  }
  const { random } = pass.options;
  const cookie = textAt(parseHocon(spec.config?.data ?? ''), 'node.cookie') || randomPassword(random);
  const file = [...keys, `${OPERATOR_API_KEY}:${randomPassword(random)}`].join('\n');
  await createSecret(pass, names.cookieSecret, { node_cookie: cookie });
  await createSecret(pass, names.apiKeysSecret, { [API_KEYS_KEY]: file });
}

async function createSecret(pass: EmqxPass, name: string, stringData: Record<string, string>): Promise<void> {
  const secret: Secret = { ...kinds.secret, metadata: pass.owned(name, ownLabels(pass)), stringData };
  try {
    await pass.options.api.create<KubeObject>(secret, pass.options.signal);
  } catch (error) {
    if (!isKubeError(error, 'AlreadyExists')) failing('failed to create bootstrap configMap')(error);
  }
}

async function lineOf(pass: EmqxPass, { key, secret, secretRef }: ApiKey): Promise<string> {
  if (!secretRef) return `${key ?? ''}:${secret ?? ''}`;
  const { api, signal, record } = pass.options;
  const read = async ({ secretName, secretKey }: { secretName: string; secretKey: string }) => {
    const found = await api.get<Secret>(pass.ref(kinds.secret, secretName), signal);
    const value = found.data?.[secretKey];
    if (value === undefined) throw new Error('secret does not contain the key');
    return Buffer.from(value, 'base64').toString();
  };
  try {
    return `${await read(secretRef.key)}:${await read(secretRef.secret)}`;
  } catch (error) {
    record('Warning', 'GetBootStrapSecretRef', (error as Error).message);
    throw error;
  }
}
