/** Names used by the EMQX Operator and this project. @see EMQX Operator 2.2.29, `apis/apps/v1beta4` */

export const GROUP = 'apps.emqx.io';
export const API_VERSION = 'apps.emqx.io/v1beta4';
export const KIND = 'EmqxEnterprise';

/** Label with the cluster's name, on everything the operator creates for it. */
export const INSTANCE_LABEL = 'apps.emqx.io/instance';
/** Label on everything the operator creates; its value is {@link OPERATOR}. */
export const MANAGED_BY_LABEL = 'apps.emqx.io/managed-by';
export const OPERATOR = 'emqx-operator';

/** Label that Kubernetes puts on every pod of a stateful set: the revision of the set the pod belongs to. */
export const REVISION_LABEL = 'controller-revision-hash';

/** Readiness gate of every EMQX pod; the operator sets it by the node's availability check. */
export const ON_SERVING_GATE = 'apps.emqx.io/on-serving';

/** Label that marks a traffic Service of this project; its value is the cluster's name. */
export const TRAFFIC_LABEL = 'emqx-blue-green/traffic-for';

/** Annotation of the traffic Service of a held cluster: the initial delay that the user wants, in seconds. */
export const INITIAL_DELAY_ANNOTATION = 'emqx-blue-green/initial-delay-seconds';

export const DEFAULT_NAMESPACE = 'default';
export const DEFAULT_CLUSTER_DOMAIN = 'cluster.local';
export const DEFAULT_REPOSITORY = 'emqx/emqx-ee';
export const DEFAULT_REPLICAS = 3;
export const DEFAULT_RELOADER_IMAGE = 'emqx/emqx-operator-reloader:0.0.2';

/** The key under which the operator expects the license text in a Secret. */
export const LICENSE_KEY = 'emqx.lic';

/** A listener for devices: MQTT over TCP, over TLS, over WebSocket, over WebSocket and TLS. */
export type MqttListener = 'mqtt' | 'mqtts' | 'ws' | 'wss';

/** Ports of EMQX 4.4's listeners for devices. */
export const MQTT_PORTS = { mqtt: 1883, mqtts: 8883, ws: 8083, wss: 8084 } as const satisfies Record<
  MqttListener,
  number
>;

export const INT32_MAX = 2_147_483_647;

/** Longest name of a cluster: `<name>-<10>` is a stateful set, `<name>-<10>-<10>` its revision, and a label value holds 63. */
export const MAX_NAME_LENGTH = 41;

/** Objects that the operator, or an upgrade, creates for a cluster: their kinds, and the suffix after the name of the cluster. */
export const OBJECTS_OF_A_CLUSTER: readonly (readonly [kind: string, suffix: string])[] = [
  ['Service', ''],
  ['Service', '-headless'],
  ['ConfigMap', '-acl'],
  ['ConfigMap', '-plugins-config'],
  ['ConfigMap', '-upgrade'],
  ['Secret', '-bootstrap-user'],
  ['Secret', '-upgrade'],
];
