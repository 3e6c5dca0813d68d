import type { EmqxEnterprise } from '../resource';
import { blocker, type Finding } from './check';

/** Ports of the management API and the dashboard, which the operator always publishes. */
const MANAGEMENT_PORTS = [8081, 18083];

/** The finding for a cluster that no Service routes to: the operator may be about to create one. */
export function noTraffic({ metadata, spec: { serviceTemplate } }: EmqxEnterprise): Finding {
  const ports = serviceTemplate?.spec?.ports ?? [];
  if (ports.some(({ port }) => !MANAGEMENT_PORTS.includes(port))) {
    return blocker(
      'no Service routes to this cluster yet',
      'the operator creates that of spec.serviceTemplate in its next pass, every 20 s once the cluster is Running: wait for it',
    );
  }
  return blocker(
    'no Service routes to this cluster',
    `add one with the label emqx-blue-green/traffic-for: ${metadata.name} (construct: service: MqttService.nodePort(…)), or add its ports to spec.serviceTemplate`,
  );
}
