import type { KubeObject } from '../kubernetes';
import {
  clusterLabels,
  DEFAULT_NAMESPACE,
  type EmqxResource,
  emqxLabels,
  MQTT_PORTS,
  servingRoleOf,
  TRAFFIC_LABEL,
} from '../resource';

/** Labels of the pods that devices connect to, of old and new ones. */
export function deviceLabelsOf(cluster: EmqxResource): Record<string, string> {
  const { name } = cluster.metadata;
  return cluster.kind === 'EMQX' ? emqxLabels(name, servingRoleOf(cluster)) : clusterLabels(name);
}

/** A traffic Service for a cluster that was described without one: MQTT on a NodePort. */
export function trafficService(cluster: EmqxResource, nodePort: number): KubeObject & { spec: object } {
  const { name, namespace = DEFAULT_NAMESPACE } = cluster.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${name}-mqtt`, namespace, labels: { [TRAFFIC_LABEL]: name } },
    spec: {
      type: 'NodePort',
      selector: deviceLabelsOf(cluster),
      ports: [{ name: 'mqtt', protocol: 'TCP', port: MQTT_PORTS.mqtt, targetPort: MQTT_PORTS.mqtt, nodePort }],
    },
  };
}
