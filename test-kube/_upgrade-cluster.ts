import { ApiObject, App, Chart, Duration, JsonPatch, Testing } from 'cdk8s';
import { EmqxEnterpriseCluster, MqttService, UpgradeAccess } from '../src';
import type { KubeObject } from '../src/kubernetes';
import type { EmqxResource } from '../src/resource';
import { CONTAINERS_READY } from './_pod-runner';

export interface UpgradeClusterOptions {
  version: string;
  /** Disconnects and moved sessions per second. */
  rate: number;
  /** Between the switch of the traffic and the first eviction. */
  initialDelaySeconds: number;
}

/** A cluster that is upgraded. */
export interface Target {
  readonly kind: EmqxResource['kind'];
  readonly name: string;
  /** As the command line is told it. */
  readonly word: string;
  /** Name of the Service for its devices. */
  readonly service: string;
  /** How many nodes are behind that. */
  readonly serving: number;
  /** Of the pods. */
  readonly managementPort: number;
  readonly from: string;
  readonly to: string;
  /** What somebody applies who has it and may upgrade it. */
  manifests(namespace: string, options: UpgradeClusterOptions): KubeObject[];
}

/** Name of the cluster, and of the Service for its devices. */
export const CLUSTER = 'emqx-ee';
export const SERVICE = 'emqx-ee-mqtt';
/** How many nodes it has. */
export const NODES = 3;

/** What somebody applies who has a cluster and may upgrade it: three nodes behind a NodePort, and the rights. */
export function manifests(namespace: string, options: UpgradeClusterOptions): KubeObject[] {
  const { version, rate, initialDelaySeconds } = options;
  const chart = new Chart(new App(), 'chart', { namespace });
  const cluster = new EmqxEnterpriseCluster(chart, 'Cluster', {
    name: CLUSTER,
    version,
    replicas: NODES,
    blueGreenUpdate: {
      // Somebody who applies it releases an operator that is held.
      hold: false,
      initialDelay: Duration.seconds(initialDelaySeconds),
      evacuationStrategy: {
        connectionEvictionRate: rate,
        sessionEvictionRate: rate,
        waitTakeover: Duration.seconds(5),
      },
    },
    service: MqttService.nodePort({ mqtt: 'auto' }),
  });
  ApiObject.of(cluster).addJsonPatch(
    JsonPatch.add('/spec/template/metadata/annotations', { [CONTAINERS_READY]: 'false' }),
  );
  new UpgradeAccess(chart, 'Access', { clusters: [CLUSTER] });
  return Testing.synth(chart) as KubeObject[];
}

/** Three nodes of EMQX 4.4. */
export const EMQX_4: Target = {
  kind: 'EmqxEnterprise',
  name: CLUSTER,
  word: CLUSTER,
  service: SERVICE,
  serving: NODES,
  managementPort: 8081,
  from: '4.4.14',
  to: '4.4.15',
  manifests,
};
