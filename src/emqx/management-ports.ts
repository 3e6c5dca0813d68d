import type { EmqxResource } from '../resource';
import type { EmqxPort, UpgradeContext } from '../upgrade';
import type { EmqxClientOptions } from './client';
import { EmqxClient } from './v4/client';
import { Emqx5Client } from './v5/client';

/** Where the credentials of a cluster are: those of the operator, and those of the user's own. */
type CredentialSource = { [Name in 'credentials' | 'ownCredentials']: NonNullable<EmqxClientOptions[Name]> };

/**
 * The ports to the nodes of a cluster: for EMQX 5 and 6 one client is all of them.
 *
 * @param kind of its custom resource
 */
export function managementPorts(
  kind: EmqxResource['kind'],
  cluster: CredentialSource,
  others: Omit<EmqxClientOptions, keyof CredentialSource>,
): { emqx: EmqxPort } & Pick<UpgradeContext, 'members' | 'durable'> {
  const options: EmqxClientOptions = {
    ...others,
    credentials: () => cluster.credentials(),
    ownCredentials: () => cluster.ownCredentials(),
  };
  if (kind === 'EmqxEnterprise') return { emqx: new EmqxClient(options) };
  const client = new Emqx5Client(options);
  return { emqx: client, members: client, durable: client };
}
