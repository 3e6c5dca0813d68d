import { type EmqxResource, generationOf } from '../resource';
import { blocker, type Finding } from './check';

/** The finding for a cluster that no Service routes to: the operator may be about to create one. */
export function noTraffic(resource: EmqxResource): Finding {
  if (generationOf(resource).publishesDevices(resource)) {
    return blocker(
      'no Service routes to this cluster yet',
      'the operator creates that of spec.serviceTemplate in its next pass, every 20 s once the cluster is Running: wait for it',
    );
  }
  return blocker(
    'no Service routes to this cluster',
    `add one with the label emqx-blue-green/traffic-for: ${resource.metadata.name} (construct: service: MqttService.nodePort(…)), or add its ports to spec.serviceTemplate`,
  );
}
