import { type Finding, warning } from './check';

/** @param bypasses Services that lead to the pods of the cluster and are not switched */
export function otherWaysCheck(bypasses: readonly string[], cluster: string): Finding {
  if (bypasses.length === 0) return undefined;
  const [lead, are] = bypasses.length > 1 ? ['lead', 'are'] : ['leads', 'is'];
  return warning(
    `${bypasses.join(', ')} ${lead} to the pods of the cluster, too, and ${are} not switched: devices that enter there meet both sets of nodes, and may be disconnected several times`,
    `with the label emqx-blue-green/traffic-for: ${cluster} it is switched, too; if no device enters there, let it publish no port of a listener`,
  );
}
