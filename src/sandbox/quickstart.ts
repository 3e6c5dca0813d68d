import { App, Chart, Duration } from 'cdk8s';
import { EmqxEnterpriseCluster, MqttService } from '..';
import type { KubeObject } from '../kubernetes';
import { type EmqxEnterprise, KIND } from '../resource';

/** What one applies to get a cluster: its custom resource, and the objects beside it. */
export interface ClusterManifests {
  cluster: EmqxEnterprise;
  objects: KubeObject[];
}

/** The vendor tutorial's cluster with these rates, as the constructs synthesize it. */
export function quickstart(ratePerSecond: number): ClusterManifests {
  const chart = new Chart(new App(), 'emqx-ee');
  new EmqxEnterpriseCluster(chart, 'Cluster', {
    name: 'emqx-ee',
    version: '4.4.14',
    blueGreenUpdate: {
      initialDelay: Duration.seconds(5),
      evacuationStrategy: {
        connectionEvictionRate: ratePerSecond,
        sessionEvictionRate: ratePerSecond,
        waitTakeover: Duration.seconds(5),
      },
    },
    service: MqttService.nodePort({ mqtt: 32010 }),
  });
  const all = chart.toJson() as KubeObject[];
  const isCluster = (object: KubeObject) => object.kind === KIND;
  return { cluster: all.find(isCluster) as EmqxEnterprise, objects: all.filter((object) => !isCluster(object)) };
}
