import { API_VERSION, DEFAULT_CLUSTER_DOMAIN, DEFAULT_REPLICAS, KIND } from '../resource/constants';
import type { EmqxEnterprise, EmqxEnterpriseSpec } from '../resource/emqx-enterprise';
import type { Problem } from '../resource/problem';
import { checkCluster } from './_check-cluster';
import { podSpecOf } from './_pod-spec';
import { serviceTemplateOf } from './_service-spec';
import { toWire } from './blue-green-update';
import type { EmqxEnterpriseClusterProps } from './emqx-enterprise-cluster';
import { License } from './license';
import { MqttService } from './mqtt-service';
import { claimOf } from './persistence';

/** The custom resource of a cluster as far as its properties say it; what they leave open is left to the defaults. */
export function givenResource(props: EmqxEnterpriseClusterProps, namespace: string): EmqxEnterprise {
  const secretName = props.license instanceof License ? props.license.secretNameFor(props.name) : undefined;
  const spec: EmqxEnterpriseSpec = {};
  if (props.blueGreenUpdate) spec.blueGreenUpdate = toWire(props.blueGreenUpdate);
  spec.clusterDomain = props.clusterDomain ?? DEFAULT_CLUSTER_DOMAIN;
  if (secretName !== undefined) spec.license = { secretName };
  if (props.persistence) spec.persistent = claimOf(props.persistence);
  spec.replicas = props.replicas ?? DEFAULT_REPLICAS;
  if (props.exposure === 'operator')
    spec.serviceTemplate = serviceTemplateOf(deviceServiceOf(props), props.blueGreenUpdate);
  spec.template = { spec: podSpecOf(props) };
  return { apiVersion: API_VERSION, kind: KIND, metadata: { name: props.name, namespace }, spec };
}

/** All that is wrong with the properties of a cluster. */
export function clusterProblems(props: EmqxEnterpriseClusterProps, namespace: string): readonly Problem[] {
  return checkCluster(props, () => givenResource(props, namespace));
}

/** How devices reach the cluster, where nothing else is said from inside of the Kubernetes cluster. */
export function deviceServiceOf({ service, tls }: EmqxEnterpriseClusterProps): MqttService {
  if (service instanceof MqttService) return service;
  return MqttService.clusterIp({ listeners: tls ? ['mqtt', 'mqtts'] : ['mqtt'] });
}
