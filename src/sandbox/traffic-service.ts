import type { KubeObject } from '../kubernetes';
import { clusterLabels, DEFAULT_NAMESPACE, type EmqxEnterprise, MQTT_PORTS, TRAFFIC_LABEL } from '../resource';

/** A traffic Service for a cluster that was described without one: MQTT on a NodePort. */
export function trafficService(cluster: EmqxEnterprise, nodePort: number): KubeObject & { spec: object } {
  const { name, namespace = DEFAULT_NAMESPACE } = cluster.metadata;
  const labels = clusterLabels(name);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${name}-mqtt`, namespace, labels: { [TRAFFIC_LABEL]: name } },
    spec: {
      type: 'NodePort',
      selector: labels,
      ports: [{ name: 'mqtt', protocol: 'TCP', port: MQTT_PORTS.mqtt, targetPort: MQTT_PORTS.mqtt, nodePort }],
    },
  };
}
