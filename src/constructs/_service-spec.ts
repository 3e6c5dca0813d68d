import { INITIAL_DELAY_ANNOTATION, type MqttListener } from '../resource/constants';
import type { EmqxEnterpriseSpec } from '../resource/v1beta4/emqx-enterprise';
import { put } from './_put';
import { type BlueGreenUpdate, initialDelayOf, isHeldUpdate } from './blue-green-update';
import type { EmqxEnterpriseClusterProps } from './emqx-enterprise-cluster-props';
import { MqttService } from './mqtt-service';

/** How devices reach the cluster; by default from inside the Kubernetes cluster. */
export function deviceServiceOf({ service, tls }: EmqxEnterpriseClusterProps): MqttService {
  if (service instanceof MqttService) return service;
  return MqttService.clusterIp({ listeners: tls ? ['mqtt', 'mqtts'] : ['mqtt'] });
}

type ServiceTemplate = NonNullable<EmqxEnterpriseSpec['serviceTemplate']>;
type ServiceSpec = NonNullable<ServiceTemplate['spec']>;

/**
 * The spec as in Kubernetes, without a selector. Each port routes to the same port of the pods: the operator supports no other.
 *
 * @param numbers the ports on which the nodes listen
 */
export function serviceSpecOf(
  { type, options, listeners }: MqttService,
  numbers: Readonly<Record<MqttListener, number>>,
): ServiceSpec {
  const ports: NonNullable<ServiceSpec['ports']> = [];
  for (const listener of listeners) {
    const number = numbers[listener];
    const port: (typeof ports)[number] = { name: listener, port: number, targetPort: number, protocol: 'TCP' };
    const nodePort = options[listener];
    if (type === 'NodePort' && typeof nodePort === 'number') port.nodePort = nodePort;
    ports.push(port);
  }
  const spec: ServiceSpec = { type, ports };
  put(spec, 'externalTrafficPolicy', options.externalTrafficPolicy);
  put(spec, 'ipFamilies', options.ipFamilies && [...options.ipFamilies]);
  put(spec, 'ipFamilyPolicy', options.ipFamilyPolicy);
  put(spec, 'loadBalancerClass', options.loadBalancerClass);
  put(spec, 'loadBalancerSourceRanges', options.loadBalancerSourceRanges);
  return spec;
}

/** For the operator, which creates the Service from it. */
export function serviceTemplateOf(
  service: MqttService,
  numbers: Readonly<Record<MqttListener, number>>,
  update: BlueGreenUpdate | undefined,
): ServiceTemplate {
  const annotations = serviceAnnotationsOf(service, update);
  return { metadata: annotations ? { annotations } : {}, spec: serviceSpecOf(service, numbers) };
}

/** The given annotations, and the delay that a held cluster keeps there. */
export function serviceAnnotationsOf(
  { options }: MqttService,
  update: BlueGreenUpdate | undefined,
): Record<string, string> | undefined {
  const kept = update && isHeldUpdate(update) && { [INITIAL_DELAY_ANNOTATION]: String(initialDelayOf(update)) };
  return options.annotations || kept ? { ...options.annotations, ...kept } : undefined;
}
