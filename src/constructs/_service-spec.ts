import { MQTT_PORTS } from '../resource/constants';
import type { EmqxEnterpriseSpec } from '../resource/emqx-enterprise';
import type { MqttService } from './mqtt-service';

type ServiceSpec = NonNullable<NonNullable<EmqxEnterpriseSpec['serviceTemplate']>['spec']>;

/** As Kubernetes has it; without a selector. Each port leads to the same port of the pods: the operator knows no other. */
export function serviceSpecOf({ type, options, listeners }: MqttService): ServiceSpec {
  const { externalTrafficPolicy, loadBalancerClass, loadBalancerSourceRanges } = options;
  return {
    type,
    ...(externalTrafficPolicy !== undefined && { externalTrafficPolicy }),
    ...(loadBalancerClass !== undefined && { loadBalancerClass }),
    ...(loadBalancerSourceRanges !== undefined && { loadBalancerSourceRanges }),
    ports: [...listeners].map((listener) => {
      const port = MQTT_PORTS[listener];
      const nodePort = type === 'NodePort' ? options[listener] : undefined;
      return {
        name: listener,
        port,
        targetPort: port,
        protocol: 'TCP',
        ...(typeof nodePort === 'number' && { nodePort }),
      };
    }),
  };
}
