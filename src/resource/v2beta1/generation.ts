import { REVISION_LABEL } from '../constants';
import type { Generation, Role } from '../generation';
import { variableOf } from '../listeners';
import { strategyIn } from '../strategy-in';
import { emqxChanges, emqxTriggersOf } from './changes';
import { dashboardPortsOf, isBehindProxy, listenerSettingOf, perSecondOf, settingOf } from './config-data';
import {
  API_KEYS_KEY,
  DEFAULT_DASHBOARD_PORT,
  EMQX_API_VERSION,
  EMQX_KIND,
  EMQX_V2_API_VERSION,
  namesOf,
  OPERATOR_API_KEY,
  OWN_KEY_SUFFIX,
  POD_TEMPLATE_HASH_LABEL,
  ROLE_LABEL,
  ROLES,
} from './constants';
import { withEmqxDefaults } from './defaults';
import type { Emqx } from './emqx';
import { idleReplicants } from './idle-replicants';
import { emqxVersionOf } from './image';
import { emqxSetsOf, servingRoleOf } from './sets';
import { emqxConditionOf, emqxNodesOf, reportAt } from './state';

const OPERATOR_2_3 = { range: '>=2.3.0 <2.4.0', name: '2.3', isTried: false };

const KINDS = { core: 'StatefulSet', replicant: 'ReplicaSet' } as const satisfies Record<Role, string>;

/**
 * EMQX v2beta1: EMQX 5 and 6.
 *
 * @see EMQX Operator 2.2.29, `controllers/apps/v2beta1`
 */
export const v2beta1: Generation<Emqx> = {
  apiVersion: EMQX_API_VERSION,
  kind: EMQX_KIND,
  plural: 'emqxes',
  setKinds: ROLES.map((role) => ({ kind: KINDS[role], role })),
  revisionLabel: POD_TEMPLATE_HASH_LABEL,
  labelsInSelectors: { own: [ROLE_LABEL, POD_TEMPLATE_HASH_LABEL], others: [REVISION_LABEL] },
  // Never that of an EmqxEnterprise, which is another cluster also when it has the same name, or `${cluster}-emqx`: no name has a dot.
  companionOf: (cluster) => `${cluster}.emqx-upgrade`,
  credentials: { suffix: '-bootstrap-api-key', key: API_KEYS_KEY, id: OPERATOR_API_KEY, ownSuffix: OWN_KEY_SUFFIX },
  // The dashboard's. It is not changed while a cluster exists, see emqxChanges.
  managementPortOf: ({ spec }) => dashboardPortsOf(spec.config?.data).http ?? DEFAULT_DASHBOARD_PORT,
  withDefaults: withEmqxDefaults,
  versionOf: (resource) => emqxVersionOf(resource) ?? '',
  replicasOf: ({ spec }, role) => spec[`${role}Template`]?.spec?.replicas ?? 0,
  replicasPath: (role) => `spec.${role}Template.spec.replicas`,
  templateFields: 'spec.image, spec.coreTemplate or spec.replicantTemplate',
  ...strategyIn('updateStrategy'),
  triggersOf: emqxTriggersOf,
  metadataTriggersOf: () => ({}), // the operator copies its labels to other objects, but not into pods
  emptiesBeforeRemoval: true,
  takesSmallerForOld: false,
  // Only the removal of old nodes waits: it goes on to reconcile about once a second.
  sleepsWhileHeld: false,
  spare: { role: 'core', patch: (replicas) => ({ coreTemplate: { spec: { replicas } } }) },
  movesStorage: false,
  operators: [{ range: '>=2.2.0 <2.3.0', name: '2.2', isTried: true }, OPERATOR_2_3],
  nodeNameOf: (resource, { name, uid }) =>
    emqxNodesOf(resource)?.find(({ podUid, podName }) =>
      podName === undefined ? podUid !== undefined && podUid === uid : podName === name,
    )?.name,
  operatorServiceOf: ({ metadata }) => namesOf(metadata.name).listenersService,
  serviceTemplateOf: ({ spec }) => spec.listenersServiceTemplate,
  publishesDevices: ({ spec }) => spec.listenersServiceTemplate?.enabled !== false,
  expectsProxyHeader({ spec }, listener) {
    const variable = variableOf(listenerSettingOf(listener, 'proxy_protocol'));
    // Cores and replicants read one configuration, and each the variables of its own template.
    const values = ROLES.flatMap((role) => spec[`${role}Template`]?.spec?.env ?? []).flatMap(({ name, value }) =>
      name === variable && value !== undefined ? [value] : [],
    );
    return values.length > 0 ? values.includes('true') : isBehindProxy(spec.config?.data, listener);
  },
  maxConnRateOf(resource, listener) {
    const { spec } = resource;
    const setting = listenerSettingOf(listener, 'max_conn_rate');
    const { env = [] } = spec[`${servingRoleOf(resource)}Template`]?.spec ?? {};
    const variable = env.find(({ name }) => name === variableOf(setting));
    return perSecondOf(variable ? variable.value : settingOf(spec.config?.data, setting));
  },
  wantedSet({ spec, status }, blue, green) {
    if (blue.image !== green.image) {
      if (spec.image === blue.image) return 'blue';
      return spec.image === green.image ? 'green' : undefined;
    }
    // Its name for the wanted set; there is one for each role.
    const wanted = [status?.coreNodesStatus?.updateRevision, status?.replicantNodesStatus?.updateRevision];
    const [isBlue, isGreen] = [blue, green].map((set) => wanted.includes(hashOf(set.podTemplate)));
    if (isBlue === isGreen) return undefined;
    return isBlue ? 'blue' : 'green';
  },
  immutableFields: (before, after) =>
    emqxChanges(before, after).flatMap(({ path, effect }) => (effect === 'refused' ? [path] : [])),
  reportOf(resource) {
    const condition = emqxConditionOf(resource)?.type;
    const known = ROLES.flatMap((role) => emqxSetsOf(resource, role) ?? []);
    const changing = known.flatMap(({ blue, green }) => (green ? [{ blue: blue.name, green: green.name }] : []));
    return {
      ...reportAt(resource, condition),
      wanted: known.map(({ blue, green }) => (green ?? blue).name),
      isWantedReady: condition === 'Available' || condition === 'Ready',
      stopped: (emqxNodesOf(resource) ?? []).flatMap(({ name, isRunning, role }) =>
        !isRunning && role === 'core' && name ? [name] : [],
      ),
      ...(changing.length > 0 && {
        upgrade: {
          blue: changing.map(({ blue }) => blue),
          green: changing.map(({ green }) => green),
          isGreenReady: condition === 'Available',
          isGreenReadyNext:
            condition === (servingRoleOf(resource) === 'replicant' ? 'ReplicantNodesReady' : 'CoreNodesReady'),
        },
      }),
    };
  },
};

const { spare: _, ...shared } = v2beta1;

/**
 * The same resource in version v2, of operator 2.3. Nobody here has run that operator: what follows was read in its source.
 *
 * @see EMQX Operator, `internal/controller/add_core_set.go`, `update_emqx_status.go`, `ds_update_replica_sets.go` of the line 2.3
 */
export const v2: Generation<Emqx> = {
  ...shared,
  apiVersion: EMQX_V2_API_VERSION,
  movesStorage: true,
  // In one pass it sees that new cores are ready and the old replicants still are, reports the cluster as available, and then builds new
  // replicants. A pass lasts seconds where the API server is slow.
  settlesMs: 5_000,
  operators: [OPERATOR_2_3],
  idle: idleReplicants,
};

/** @param podTemplate of a set, from the API server */
function hashOf(podTemplate: unknown): string | undefined {
  const { metadata } = (podTemplate ?? {}) as { metadata?: { labels?: Record<string, string> } };
  return metadata?.labels?.[POD_TEMPLATE_HASH_LABEL];
}
