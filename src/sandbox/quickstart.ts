import type { KubeObject } from '../kubernetes';
import { API_VERSION, type EmqxEnterprise, KIND, withDefaults } from '../resource';
import { trafficService } from './traffic-service';

/** What is applied to create a cluster: its custom resource, and other objects. */
export interface ClusterManifests {
  cluster: EmqxEnterprise;
  objects: KubeObject[];
}

/** The vendor tutorial's cluster with these rates, and a Service of its own for the devices. */
export function quickstart(ratePerSecond: number): ClusterManifests {
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
