import { isDeepStrictEqual } from 'node:util';
import { licenseWarningsOf } from '../constructs/_emqx-warnings';
import { inspectEmqxProps } from '../constructs/emqx-cluster-parts';
import { emqxClusterProblems, emqxPropertyOf, givenEmqx, licenseSecretOf } from '../constructs/emqx-cluster-resource';
import { emqxPropsOf, type PlainEmqxProps } from '../constructs/plain-emqx-props';
import { underPlainName } from '../constructs/plain-props';
import { DEFAULT_NAMESPACE, type Emqx, type EmqxResource, emqxChanges, withEmqxDefaults } from '../resource';
import { describing } from './describing';
import type { EmqxInputs } from './emqx-inputs';
import { ANY, type ResourceType } from './resource-type';

const PROPERTIES: readonly (keyof PlainEmqxProps)[] = [
  'name',
  'namespace',
  'version',
  'image',
  'blueGreenUpdate',
  'cores',
  'replicants',
  'config',
  'configMode',
  'licenseSecretName',
  'service',
  'exposure',
  'tls',
  'dashboard',
  'apiKeys',
  'clusterDomain',
  'revisionHistoryLimit',
  'serviceAccountName',
  'imagePullSecrets',
];

const RESOURCES = ['cpuRequestMillis', 'cpuLimitMillis', 'memoryRequestMebibytes', 'memoryLimitMebibytes'];
const GROUPS = { core: 'cores', replicant: 'replicants' } as const;

/** `Emqx`: EMQX 5 and 6. */
export const emqxType: ResourceType<EmqxInputs> = {
  properties: PROPERTIES,
  fields: {
    'cores.persistence': ['sizeGibibytes', 'storageClass', 'accessModes'],
    'cores.resources': RESOURCES,
    'cores.env': ANY,
    'replicants.resources': RESOURCES,
    'replicants.env': ANY,
  },
  refused: {},
  secrets: ['kubeconfig', 'apiKeys', 'config', 'cores', 'replicants'],
  inPlace: [
    'config',
    'configMode',
    'dashboard',
    'revisionHistoryLimit',
    ...Object.values(GROUPS).flatMap((group) => [`${group}.replicas`, `${group}.podDisruptionBudget`]),
  ],
  named: ['config', ...Object.values(GROUPS).flatMap((group) => [group, `${group}.env`])],

  resourceOf: (inputs) =>
    withEmqxDefaults(givenEmqx(emqxPropsOf(describing(inputs)), inputs.namespace ?? DEFAULT_NAMESPACE)),

  problemsOf(inputs) {
    const inspected = inspectEmqxProps(emqxPropsOf(describing(inputs)));
    return emqxClusterProblems(inspected, inputs.namespace ?? DEFAULT_NAMESPACE).map(underPlainName);
  },

  warningsOf: (inputs) =>
    licenseWarningsOf(emqxPropsOf(describing(inputs))).map((text) =>
      text.replace(/ by license$/, ' by licenseSecretName'),
    ),

  /** What the operator ignores would never reach the cluster. */
  fixedChanges(olds, news) {
    const changes = emqxChanges(asEmqx(this.resourceOf(olds)), asEmqx(this.resourceOf(news)));
    return changes.flatMap(({ path, effect, reason }) => {
      if (effect !== 'refused' && effect !== 'ignored') return [];
      const place = emqxPropertyOf(path);
      // A property of its own sets the port of the dashboard in the configuration.
      const property =
        place.startsWith('config') && isDeepStrictEqual(olds.config, news.config) ? 'dashboard.port' : place;
      const fix = 'set it back, or create a cluster of another name';
      return [
        { property, reason: `'${property}' cannot be changed like this while the cluster exists: ${reason}; ${fix}` },
      ];
    });
  },

  withReplicas(inputs, role, replicas) {
    const group = GROUPS[role];
    return { ...inputs, [group]: { ...inputs[group], replicas } };
  },
  licenseSecretOf: (resource) => licenseSecretOf(asEmqx(resource)),

  /** @see EMQX Operator 2.2.29, `coreTemplate.spec.volumeClaimTemplates` */
  claimsOf(resource) {
    const { metadata, spec } = asEmqx(resource);
    const set = `${metadata.name}-core`;
    return spec.coreTemplate?.spec?.volumeClaimTemplates && { template: `${set}-data`, set };
  },
};

function asEmqx(resource: EmqxResource): Emqx {
  if (resource.kind === 'EMQX') return resource;
  throw new TypeError(`${resource.metadata.name} is an ${resource.kind}, not an EMQX`);
}
