import type { EmqxEnterprise } from '../resource';
import { blocker, type Finding } from './check';

/** Ports of the management API and the dashboard, which the operator publishes whatever is asked for. */
const MANAGEMENT_PORTS = [8081, 18083];

/** The finding for a cluster that no Service leads to: the operator may be about to make one. */
export function noTraffic({ metadata, spec: { serviceTemplate } }: EmqxEnterprise): Finding {
  const ports = serviceTemplate?.spec?.ports ?? [];
  if (ports.some(({ port }) => !MANAGEMENT_PORTS.includes(port))) {
    return blocker(
      'no Service leads to this cluster yet',
      'the operator makes that of spec.serviceTemplate when it looks again, which it does each 20 s once the cluster is Running: wait for it',
    );
  }
  return blocker(
    'no Service leads to this cluster',
    `add one with the label emqx-blue-green/traffic-for: ${metadata.name} (construct: service: MqttService.nodePort(…)), or give spec.serviceTemplate its ports`,
  );
}
