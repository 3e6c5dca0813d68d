import type { KubeObject } from '../kubernetes';
import {
  API_VERSION,
  EMQX_API_VERSION,
  EMQX_KIND,
  type Emqx,
  type EmqxEnterprise,
  type EmqxResource,
  KIND,
  withDefaults,
  withEmqxDefaults,
} from '../resource';
import { trafficService } from './traffic-service';

/** What is applied to create a cluster: its custom resource, and other objects. */
export interface ClusterManifests<Cluster = EmqxResource> {
  cluster: Cluster;
  objects: KubeObject[];
}

/** The vendor tutorial's cluster with these rates, and a Service of its own for the devices. */
export function quickstart(ratePerSecond: number): ClusterManifests<EmqxEnterprise> {
  const cluster = withDefaults({
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name: 'emqx-ee' },
    spec: {
      blueGreenUpdate: {
        initialDelaySeconds: 5,
        evacuationStrategy: { waitTakeover: 5, connEvictRate: ratePerSecond, sessEvictRate: ratePerSecond },
      },
      replicas: 3,
      template: { spec: { emqxContainer: { image: { version: '4.4.14' } } } },
    },
  });
  return { cluster, objects: [trafficService(cluster, 32_010)] };
}

/** The same of EMQX 5: three cores, at these rates. */
export function quickstartOfEmqx(ratePerSecond: number): ClusterManifests<Emqx> {
  const cluster = withEmqxDefaults({
    apiVersion: EMQX_API_VERSION,
    kind: EMQX_KIND,
    metadata: { name: 'emqx' },
    spec: {
      image: 'emqx/emqx-enterprise:5.8.8',
      updateStrategy: {
        initialDelaySeconds: 5,
        evacuationStrategy: { waitTakeover: 5, connEvictRate: ratePerSecond, sessEvictRate: ratePerSecond },
      },
      coreTemplate: { spec: { replicas: 3 } },
    },
  });
  return { cluster, objects: [trafficService(cluster, 32_010)] };
}
