import type { EmqxResource } from '../resource';
import type { EmqxPort, UpgradeContext } from '../upgrade';
import type { EmqxClientOptions } from './client';
import { EmqxClient } from './v4/client';
import { Emqx5Client } from './v5/client';

/** The ports to the nodes of a cluster: for EMQX 5 and 6 one client is all of them. @param kind of its custom resource */
export function managementPorts(
  kind: EmqxResource['kind'],
  options: EmqxClientOptions,
): { emqx: EmqxPort } & Pick<UpgradeContext, 'members' | 'durable'> {
  if (kind === 'EmqxEnterprise') return { emqx: new EmqxClient(options) };
  const client = new Emqx5Client(options);
  return { emqx: client, members: client, durable: client };
}
