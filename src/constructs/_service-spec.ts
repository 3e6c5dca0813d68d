import { MQTT_PORTS } from '../resource/constants';
import type { EmqxEnterpriseSpec } from '../resource/emqx-enterprise';
import { put } from './_put';
import type { MqttService } from './mqtt-service';

type ServiceTemplate = NonNullable<EmqxEnterpriseSpec['serviceTemplate']>;
type ServiceSpec = NonNullable<ServiceTemplate['spec']>;

/** As Kubernetes has it; without a selector. Each port leads to the same port of the pods: the operator knows no other. */
export function serviceSpecOf({ type, options, listeners }: MqttService): ServiceSpec {
  const ports: NonNullable<ServiceSpec['ports']> = [];
  for (const listener of listeners) {
    const number = MQTT_PORTS[listener];
    const port: (typeof ports)[number] = { name: listener, port: number, targetPort: number, protocol: 'TCP' };
    const nodePort = options[listener];
    if (type === 'NodePort' && typeof nodePort === 'number') port.nodePort = nodePort;
    ports.push(port);
  }
  const spec: ServiceSpec = { type, ports };
  put(spec, 'externalTrafficPolicy', options.externalTrafficPolicy);
  put(spec, 'loadBalancerClass', options.loadBalancerClass);
  put(spec, 'loadBalancerSourceRanges', options.loadBalancerSourceRanges);
  return spec;
}

/** For the operator, which makes the Service of it. */
export function serviceTemplateOf(service: MqttService): ServiceTemplate {
  const { annotations } = service.options;
  return { metadata: annotations ? { annotations: { ...annotations } } : {}, spec: serviceSpecOf(service) };
}
