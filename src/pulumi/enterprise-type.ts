import { isDeepStrictEqual } from 'node:util';
import { inspectClusterProps } from '../constructs/cluster-parts';
import { clusterProblems, givenResource } from '../constructs/cluster-resource';
import { clusterPropsOf, type PlainClusterProps, underPlainName } from '../constructs/plain-props';
import { asEnterprise, DEFAULT_NAMESPACE, immutableFields, type Violation, withDefaults } from '../resource';
import { describing } from './describing';
import type { EmqxEnterpriseInputs } from './emqx-enterprise-inputs';
import { ANY, type ResourceType } from './resource-type';

const PROPERTIES: readonly (keyof PlainClusterProps)[] = [
  'name',
  'namespace',
  'version',
  'image',
  'replicas',
  'licenseSecretName',
  'persistence',
  'blueGreenUpdate',
  'service',
  'exposure',
  'tls',
  'acl',
  'apiKeys',
  'clusterDomain',
  'emqxConfig',
  'env',
  'envFrom',
  'podLabels',
  'podAnnotations',
  'command',
  'args',
  'lifecycle',
  'extraPorts',
  'resources',
  'probes',
  'nodeSelector',
  'affinity',
  'tolerations',
  'volumes',
  'volumeMounts',
  'extraContainers',
  'initContainers',
  'podSecurityContext',
  'containerSecurityContext',
  'serviceAccountName',
  'imagePullSecrets',
  'reloaderImage',
];

const NODE = 'spec.template.spec.emqxContainer';
const PROPERTY_OF: readonly (readonly [field: string, property: string])[] = [
  ['spec.persistent', 'persistence'],
  [`${NODE}.bootstrapAPIKeys`, 'apiKeys'],
  [`${NODE}.emqxConfig`, 'emqxConfig'],
];

const noMetadata: Violation = {
  bound: 'left out',
  reason:
    'a new annotation of the resource makes the operator upgrade, and a new label makes it lose the running nodes',
  fix: 'label the objects beside the cluster instead: Services, Secrets, the namespace',
};

/** `EmqxEnterprise`: EMQX Enterprise 4.4. */
export const enterpriseType: ResourceType<EmqxEnterpriseInputs> = {
  properties: PROPERTIES,
  fields: {
    persistence: ['sizeGibibytes', 'storageClass', 'accessModes'],
    resources: ['cpuRequestMillis', 'cpuLimitMillis', 'memoryRequestMebibytes', 'memoryLimitMebibytes'],
    tls: ['secretName'],
    probes: ['liveness', 'readiness', 'startup'],
    env: ANY,
    emqxConfig: ANY,
    podLabels: ANY,
    podAnnotations: ANY,
  },
  refused: { labels: noMetadata, annotations: noMetadata, metadata: noMetadata },
  secrets: ['kubeconfig', 'apiKeys', 'env', 'args', 'emqxConfig'],
  inPlace: ['replicas', 'acl'],
  named: ['env', 'emqxConfig'],

  resourceOf: (inputs) =>
    withDefaults(givenResource(clusterPropsOf(describing(inputs)), inputs.namespace ?? DEFAULT_NAMESPACE)),

  problemsOf(inputs) {
    const inspected = inspectClusterProps(clusterPropsOf(describing(inputs)));
    return clusterProblems(inspected, inputs.namespace ?? DEFAULT_NAMESPACE).map(underPlainName);
  },

  warningsOf: () => [],

  /** @see EMQX Operator 2.2.29, validating webhook of EmqxEnterprise */
  fixedChanges(olds, news) {
    const [before, after] = [this.resourceOf(olds), this.resourceOf(news)].map(asEnterprise) as [
      Enterprise,
      Enterprise,
    ];
    const fixed = immutableFields(before, after).map(
      (path) => PROPERTY_OF.find(([field]) => path.startsWith(field))?.[1] ?? path,
    );
    if (before.spec.clusterDomain !== after.spec.clusterDomain) fixed.push('clusterDomain');
    // Settings that were not given follow from other properties.
    const isGiven = (property: string) =>
      property !== 'emqxConfig' || !isDeepStrictEqual(olds.emqxConfig, news.emqxConfig);
    const failures = [...new Set(fixed)].filter(isGiven).map((property) => ({
      property,
      reason: `'${property}' cannot be changed while the cluster exists: set it back, or create a cluster of another name`,
    }));
    if (before.spec.blueGreenUpdate === undefined || after.spec.blueGreenUpdate !== undefined) return failures;
    const reason =
      "'blueGreenUpdate' must not be removed: the operator then creates a third set of nodes, and may crash; set it again";
    return [...failures, { property: 'blueGreenUpdate', reason }];
  },

  withReplicas: (inputs, _role, replicas) => ({ ...inputs, replicas }),
  licenseSecretOf: (resource) => asEnterprise(resource).spec.license?.secretName,

  /** @see EMQX Operator 2.2.29, `spec.persistent` */
  claimsOf(resource) {
    const { metadata, spec } = asEnterprise(resource);
    if (!spec.persistent) return undefined;
    return { template: spec.persistent.metadata?.name ?? `${metadata.name}-data`, set: metadata.name };
  },
};

type Enterprise = ReturnType<typeof asEnterprise>;
