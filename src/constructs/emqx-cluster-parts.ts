import { type Inspected, inspectProps, type PartsOf } from './_shape';
import {
  blueGreenUpdate,
  image,
  networkPolicy,
  persistence,
  podDisruptionBudget,
  podParts,
  tls,
} from './cluster-parts';
import type { CoreOptions, EmqxClusterProps, ReplicantOptions } from './emqx-cluster-props';
import type { EmqxDashboard } from './emqx-dashboard';

const replicants: PartsOf<ReplicantOptions> = {
  ...podParts,
  replicas: 'value',
  nodeName: 'value',
  topologySpreadConstraints: 'value',
  podDisruptionBudget,
};
const cores: PartsOf<CoreOptions> = { ...replicants, persistence };
const dashboard: PartsOf<EmqxDashboard> = { port: 'value', service: 'value', nodePort: 'value', annotations: 'object' };

const PARTS: PartsOf<EmqxClusterProps> = {
  name: 'value',
  namespace: 'value',
  version: 'value',
  image,
  blueGreenUpdate,
  cores,
  replicants,
  config: 'value',
  configMode: 'value',
  license: 'value',
  service: 'value',
  exposure: 'value',
  tls,
  dashboard,
  apiKeys: 'value',
  clusterDomain: 'value',
  revisionHistoryLimit: 'value',
  networkPolicy,
  serviceAccountName: 'value',
  imagePullSecrets: 'value',
};

/** The shape of the properties of a cluster of EMQX 5 or 6, for programs without type checks. */
export function inspectEmqxProps(given: unknown): Inspected<EmqxClusterProps> {
  return inspectProps(given, PARTS);
}
