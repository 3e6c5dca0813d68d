import { CredentialsError } from './kubeconfig-error';
import type { UserEntry } from './kubeconfig-file';

/** A token is no longer used this long before it expires, ms. */
const MARGIN_MS = 10_000;

/**
 * The token that kubectl keeps in a kubeconfig for the provider `oidc`. Renewing it is left to kubectl: many issuers accept each refresh
 * token only once, and its user must store the next one.
 *
 * @throws CredentialsError when it has expired, or the provider is another one
 */
export function tokenOfProvider(provider: UserEntry['provider'], user: string): string | undefined {
  if (!provider) return undefined;
  const { name, config } = provider;
  const now = `the user ${user} logs in with the provider ${name}`;
  if (name !== 'oidc') {
    throw new CredentialsError(
      `${now}, which kubectl does not support either since Kubernetes 1.26`,
      'use a credential plugin (exec) instead',
    );
  }
  const token = config['id-token'];
  if (token && expiryOf(token) > Date.now() + MARGIN_MS) return token;
  const fix = '`kubectl version` renews it, if it has a refresh token; else log in again';
  throw new CredentialsError(`${now}, whose token has expired`, fix);
}

/** Milliseconds; now where it cannot be read. */
function expiryOf(token: string): number {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp?: unknown };
    return typeof exp === 'number' ? exp * 1000 : 0;
  } catch {
    return 0;
  }
}
