import { type Finding, warning } from './check';

/** @param bypasses Services that route to the pods of the cluster and are not switched */
export function otherWaysCheck(bypasses: readonly string[], cluster: string): Finding {
  if (bypasses.length === 0) return undefined;
  const [route, are] = bypasses.length > 1 ? ['route', 'are'] : ['routes', 'is'];
  return warning(
    `${bypasses.join(', ')} ${route} to the pods of the cluster, too, and ${are} not switched: devices that connect there reach both sets of nodes, and may be disconnected several times`,
    `add the label emqx-blue-green/traffic-for: ${cluster} to have it switched, too; if no device connects there, remove the listener ports from it`,
  );
}
