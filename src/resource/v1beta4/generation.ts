import { API_VERSION, KIND, REVISION_LABEL } from '../constants';
import type { Generation } from '../generation';
import { DEFAULT_CONN_RATES, LISTENER_SETTINGS, variableOf } from '../listeners';
import { strategyIn } from '../strategy-in';
import { POD_TEMPLATE_HASH_LABEL, ROLE_LABEL } from '../v2beta1/constants';
import { withDefaults } from './defaults';
import type { EmqxEnterprise } from './emqx-enterprise';
import { immutableFields, nodeNameOf, operatorServiceOf, versionOf } from './identity';
import { wantedSet } from './wanted-set';

const MANAGEMENT_PORT = 8081;
/** Its port and that of the dashboard, which the operator always publishes. */
const MANAGEMENT_PORTS = [MANAGEMENT_PORT, 18083];

/** Annotation of kubectl's client-side apply: not a change of the resource. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * EmqxEnterprise v1beta4: EMQX Enterprise 4.4.
 *
 * @see EMQX Operator 2.2.29, `controllers/apps/v1beta4`
 */
export const v1beta4: Generation<EmqxEnterprise> = {
  apiVersion: API_VERSION,
  kind: KIND,
  plural: 'emqxenterprises',
  setKinds: [{ kind: 'StatefulSet', role: 'core' }],
  revisionLabel: REVISION_LABEL,
  labelsInSelectors: { others: [ROLE_LABEL, POD_TEMPLATE_HASH_LABEL] },
  companionOf: (cluster) => `${cluster}-upgrade`,
  credentials: { suffix: '-bootstrap-user', key: 'bootstrap_user', id: 'emqx_operator_controller' },
  managementPortOf: () => MANAGEMENT_PORT,
  withDefaults,
  versionOf,
  replicasOf: ({ spec }, role) => (role === 'core' ? (spec.replicas ?? 0) : 0),
  replicasPath: () => 'spec.replicas',
  templateFields: 'spec.template',
  ...strategyIn('blueGreenUpdate'),
  // The operator puts the ACL into a ConfigMap, and creates no new nodes for it.
  triggersOf({ spec: { template } }) {
    const pod = template?.spec;
    const node = pod?.emqxContainer;
    return node ? { ...template, spec: { ...pod, emqxContainer: { ...node, emqxACL: undefined } } } : template;
  },
  metadataTriggersOf({ metadata }) {
    const { [LAST_APPLIED]: _, ...annotations } = metadata.annotations ?? {};
    return { labels: metadata.labels ?? {}, annotations };
  },
  emptiesBeforeRemoval: false,
  takesSmallerForOld: true,
  movesStorage: false,
  // 2.3 deletes its definition.
  operators: [{ range: '>=2.1.0 <2.3.0', name: '2.1 to 2.2.29', isTried: true }],
  sleepsWhileHeld: true,
  nodeNameOf: (resource, { name }) => nodeNameOf(resource, name),
  operatorServiceOf,
  serviceTemplateOf: ({ spec }) => spec.serviceTemplate,
  publishesDevices: ({ spec }) =>
    (spec.serviceTemplate?.spec?.ports ?? []).some(({ port }) => !MANAGEMENT_PORTS.includes(port)),
  expectsProxyHeader({ spec }, listener) {
    const value = settingIn(spec, `${LISTENER_SETTINGS[listener]}.proxy_protocol`);
    return value === 'on' || value === 'true';
  },
  maxConnRateOf({ spec }, listener) {
    const setting = `${LISTENER_SETTINGS[listener]}.max_conn_rate`;
    const value = Number(settingIn(spec, setting, DEFAULT_CONN_RATES[listener]));
    return value > 0 ? value : undefined;
  },
  wantedSet,
  immutableFields,
  reportOf({ status }) {
    const newest = status?.conditions?.[0];
    const reconciledAt = Date.parse(newest?.lastUpdateTime ?? '');
    const upgrade = status?.blueGreenUpdateStatus;
    return {
      condition: `${newest?.type ?? 'no condition'}: ${newest?.status ?? '-'}`,
      isRunning: newest?.type === 'Running' && newest.status === 'True',
      readyNodes: status?.readyReplicas,
      // EMQX removes them by itself.
      stopped: [],
      nodes: (status?.emqxNodes ?? []).map(({ node }) => node),
      reconciledAt: Number.isNaN(reconciledAt) ? undefined : reconciledAt,
      ...(upgrade && {
        upgrade: {
          blue: upgrade.originStatefulSet === undefined ? [] : [upgrade.originStatefulSet],
          green: upgrade.currentStatefulSet === undefined ? [] : [upgrade.currentStatefulSet],
          isGreenReady: upgrade.startedAt !== undefined && upgrade.startedAt !== '',
        },
      }),
    };
  },
};

/** A setting of `emqx.conf`, as a variable or in `emqxConfig`; undefined where a variable has it from elsewhere. */
function settingIn({ template }: EmqxEnterprise['spec'], setting: string, otherwise?: unknown): unknown {
  const { emqxConfig = {}, env = [] } = template?.spec?.emqxContainer ?? {};
  const variable = env.find(({ name }) => name === variableOf(setting));
  return variable ? variable.value : (emqxConfig[setting] ?? otherwise);
}
