import type { KubeObject } from '../src/kubernetes';
import {
  type Emqx,
  HOLD_DELAY_SECONDS,
  INSTANCE_LABEL,
  ROLE_LABEL,
  TRAFFIC_LABEL,
  withEmqxDefaults,
} from '../src/resource';

/** The operator accepts more cores, and loses devices with them. */
const MOST_CORES = 10;

/** A cluster of EMQX 5, its Service, and the cluster one version on. With more nodes than cores may be, the others are replicants. */
export function emqx5Upgrade(ratePerSecond: number, nodes: number) {
  const cores = nodes > MOST_CORES ? 3 : nodes;
  const role = nodes > cores ? 'replicant' : 'core';
  const cluster = (version: string): Emqx =>
    withEmqxDefaults({
      apiVersion: 'apps.emqx.io/v2beta1',
      kind: 'EMQX',
      metadata: { name: 'emqx', namespace: 'default' },
      spec: {
        image: `emqx/emqx-enterprise:${version}`,
        updateStrategy: {
          initialDelaySeconds: HOLD_DELAY_SECONDS,
          evacuationStrategy: { connEvictRate: ratePerSecond, sessEvictRate: ratePerSecond, waitTakeover: 5 },
        },
        coreTemplate: { spec: { replicas: cores } },
        ...(nodes > cores && { replicantTemplate: { spec: { replicas: nodes - cores } } }),
        listenersServiceTemplate: { enabled: false },
      },
    });
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'emqx-mqtt', namespace: 'default', labels: { [TRAFFIC_LABEL]: 'emqx' } },
    spec: {
      selector: { [INSTANCE_LABEL]: 'emqx', [ROLE_LABEL]: role },
      ports: [{ name: 'mqtt', port: 1883, targetPort: 1883 }],
    },
  } as KubeObject;
  return { cluster: cluster('5.8.8'), desired: cluster('5.8.9'), objects: [service], service: 'emqx-mqtt' };
}
