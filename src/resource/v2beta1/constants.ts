import type { Role } from '../generation';

/** Names of the resource EMQX, and of what EMQX Operator 2.2 creates for it. @see EMQX Operator 2.2.29, `apis/apps/v2beta1` */

export const EMQX_API_VERSION = 'apps.emqx.io/v2beta1';
/** The same resource as operator 2.3 stores it; that one serves v2beta1, too, but with a status in which no node has a name. */
export const EMQX_V2_API_VERSION = 'apps.emqx.io/v2';
/** The resource of operator 3, which shares only its outlines with the others. */
export const EMQX_V3_API_VERSION = 'apps.emqx.io/v3beta1';
export const EMQX_KIND = 'EMQX';

/** Label on the pods and sets of a cluster: the role of their nodes, a {@link Role}. */
export const ROLE_LABEL = 'apps.emqx.io/db-role';
/** Label on the pods of a set, and on the set: the hash of the pod template that the set was created from. */
export const POD_TEMPLATE_HASH_LABEL = 'apps.emqx.io/pod-template-hash';
/** Condition of a core's pod: whether its node has shards of durable storage. @see EMQX Operator 2.3, `api/v2/const.go` */
export const REPLICATION_SITE_CONDITION = 'apps.emqx.io/ds-replication-site';
/** Number of cores, and of replicants where there are any. @see EMQX Operator 2.2.29, definition of EMQX */
export const DEFAULT_EMQX_REPLICAS = 2;

/** In the order in which an upgrade replaces them: old replicants need old cores. */
export const ROLES = ['replicant', 'core'] as const satisfies readonly Role[];

/** Name of the container port of the dashboard and the management API, by which the operator finds it. */
export const DASHBOARD_PORT_NAME = 'dashboard';
/** Port of the dashboard and the management API unless `config.data` binds another one. */
export const DEFAULT_DASHBOARD_PORT = 18_083;

/**
 * Longest name of an EMQX: `<name>-core-<10>` is a stateful set, `<name>-core-<10>-<10>` its revision, and a label value
 * holds 63.
 */
export const EMQX_MAX_NAME_LENGTH = 36;

/**
 * Most cores that become Ready: operator 2.2 takes node `…-10` for one of pod `…-1`, counts 12 of 11, and never reports Ready.
 */
export const MAX_CORES = 10;

/** The key in the Secret of the API keys, and the name of the operator's own key there. */
export const API_KEYS_KEY = 'bootstrap_api_key';
export const OPERATOR_API_KEY = 'emqx-operator-controller';

/** After the name of a cluster: the Secret with an API key of the user's own, for nodes that refuse the operator's. */
export const OWN_KEY_SUFFIX = '-upgrade-api-key';

/** The name of everything that the operator creates for a cluster. */
export const namesOf = (cluster: string) =>
  ({
    /** Names of the nodes; lists cores only, ready or not. */
    headlessService: `${cluster}-headless`,
    dashboardService: `${cluster}-dashboard`,
    listenersService: `${cluster}-listeners`,
    /** Its key is {@link API_KEYS_KEY}; its lines are `key:secret`. */
    apiKeysSecret: `${cluster}-bootstrap-api-key`,
    cookieSecret: `${cluster}-node-cookie`,
    /** Its key is `emqx.conf`. */
    configMap: `${cluster}-configs`,
    /** Of the cores, of old and new ones together. */
    coreDisruptionBudget: `${cluster}-core`,
    replicantDisruptionBudget: `${cluster}-replicant`,
  }) as const;

/** Name of the set of a role with a hash: a StatefulSet of cores, a ReplicaSet of replicants. */
export function setNameOf(cluster: string, role: Role, hash: string): string {
  return `${cluster}-${role}-${hash}`;
}

/** Objects that the operator, or an upgrade, creates for an EMQX: their kinds, and the suffix after the name of the cluster. */
export const OBJECTS_OF_AN_EMQX: readonly (readonly [kind: string, suffix: string])[] = [
  ['Service', '-headless'],
  ['Service', '-dashboard'],
  ['Service', '-listeners'],
  ['ConfigMap', '-configs'],
  ['ConfigMap', '.emqx-upgrade'],
  ['Secret', '-bootstrap-api-key'],
  ['Secret', '-node-cookie'],
  ['Secret', '.emqx-upgrade'],
  ['PodDisruptionBudget.policy', '-core'],
  ['PodDisruptionBudget.policy', '-replicant'],
];
