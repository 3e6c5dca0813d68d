import { API_VERSION, DEFAULT_CLUSTER_DOMAIN, DEFAULT_REPLICAS, KIND } from '../resource/constants';
import { listenerPorts } from '../resource/listeners';
import type { Problem } from '../resource/problem';
import type { EmqxEnterprise, EmqxEnterpriseSpec } from '../resource/v1beta4/emqx-enterprise';
import { checkCluster } from './_check-cluster';
import { podTemplateOf } from './_pod-spec';
import { deviceServiceOf, serviceTemplateOf } from './_service-spec';
import type { Inspected } from './_shape';
import { toWire } from './blue-green-update';
import type { EmqxEnterpriseClusterProps } from './emqx-enterprise-cluster-props';
import { License } from './license';
import { claimOf } from './persistence';

/** The custom resource of a cluster as far as its properties define it; everything else gets the defaults. */
export function givenResource(props: EmqxEnterpriseClusterProps, namespace: string): EmqxEnterprise {
  const secretName = props.license instanceof License ? props.license.secretNameFor(props.name) : undefined;
  const spec: EmqxEnterpriseSpec = {};
  if (props.blueGreenUpdate) spec.blueGreenUpdate = toWire(props.blueGreenUpdate);
  const { clusterDomain = DEFAULT_CLUSTER_DOMAIN } = props;
  spec.clusterDomain = clusterDomain;
  if (secretName !== undefined) spec.license = { secretName };
  if (props.persistence) spec.persistent = claimOf(props.persistence);
  spec.replicas = props.replicas ?? DEFAULT_REPLICAS;
  if (props.exposure === 'operator') {
    const ports = listenerPorts(props.emqxConfig);
    spec.serviceTemplate = serviceTemplateOf(deviceServiceOf(props), ports, props.blueGreenUpdate);
  }
  spec.template = podTemplateOf(props);
  return { apiVersion: API_VERSION, kind: KIND, metadata: { name: props.name, namespace }, spec };
}

/** All problems of the properties of a cluster whose types were already checked. */
export function clusterProblems(
  { props, problems }: Inspected<EmqxEnterpriseClusterProps>,
  namespace: string,
): readonly Problem[] {
  return checkCluster(props, () => givenResource(props, namespace), problems);
}
