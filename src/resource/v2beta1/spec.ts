import * as z from 'zod';
import { DEFAULT_CLUSTER_DOMAIN } from '../constants';
import * as core from '../core-v1';
import { templateMeta } from '../metadata';
import { defaultPodSecurityContext, defaultSecurityContext } from '../security-context';
import { DASHBOARD_PORT_NAME, DEFAULT_EMQX_REPLICAS } from './constants';

const ONE_DISRUPTION_BUDGET = {
  message:
    'minAvailable cannot be set when maxUnavailable is specified. These fields are mutually exclusive in PodDisruptionBudget.',
  rule: 'has(self.minAvailable) && has(self.maxUnavailable) ? false : true',
};
const disruptionBudgetRule = { 'x-kubernetes-validations': [ONE_DISRUPTION_BUDGET] };

/** Defaults that the custom resource definition carries. @see EMQX Operator 2.2.29 */
const statusPage = () => ({ path: '/status', port: DASHBOARD_PORT_NAME });
export const defaultLivenessProbe = () => ({
  failureThreshold: 3,
  httpGet: statusPage(),
  initialDelaySeconds: 60,
  periodSeconds: 30,
});
export const defaultReadinessProbe = () => ({
  failureThreshold: 12,
  httpGet: statusPage(),
  initialDelaySeconds: 10,
  periodSeconds: 5,
});
export const DEFAULT_CONFIG_MODE = 'Merge';
/** The operator's word for a blue-green upgrade. */
export const RECREATE = 'Recreate';
export const DEFAULT_EVICTION_RATE = 1000;
export const DEFAULT_HISTORY_LIMIT = 3;
/** Of a resource without `updateStrategy`; one that is given gets no part of it but the rates. */
export const defaultUpdateStrategy = () => ({
  type: RECREATE as typeof RECREATE,
  initialDelaySeconds: 10,
  evacuationStrategy: {
    connEvictRate: DEFAULT_EVICTION_RATE,
    sessEvictRate: DEFAULT_EVICTION_RATE,
    waitTakeover: 10,
  },
});

/** In version v2 each field has its default. @see EMQX Operator 2.3, `api/v2/emqx_types_spec.go` */
export const defaultV2EvacuationStrategy = () => ({
  ...defaultUpdateStrategy().evacuationStrategy,
  waitHealthCheck: 60,
});

const apiKeyText = z.string().regex(/^[a-zA-Z\d-_]+$/);
const secretKeySelector = z.strictObject({ secretName: z.string(), secretKey: apiKeyText });

const bootstrapApiKey = z.strictObject({
  key: apiKeyText.optional(),
  secret: z.string().min(3).max(128).optional(),
  /** The same two from a Secret. */
  secretRef: z.strictObject({ key: secretKeySelector, secret: secretKeySelector }).optional(),
});

const config = z.strictObject({
  /** Whether `data` is merged into what EMQX has, or replaces it. */
  mode: z.enum(['Merge', 'Replace']).optional().meta({ default: DEFAULT_CONFIG_MODE }),
  /** HOCON. */
  data: z.string().optional(),
});

const evacuationStrategy = z.strictObject({
  /** Connections a node ends per second. */
  connEvictRate: z.int32().min(1).optional().meta({ default: DEFAULT_EVICTION_RATE }),
  /** Sessions a node hands over per second. */
  sessEvictRate: z.int32().min(1).optional().meta({ default: DEFAULT_EVICTION_RATE }),
  /** Seconds a client has to come back before its session is moved. */
  waitTakeover: z.int32().min(0).optional(),
});

const updateStrategy = z.strictObject({
  type: z.enum([RECREATE]).optional().meta({ default: RECREATE }),
  /** Seconds between "all new nodes are ready" and the first evacuation. */
  initialDelaySeconds: z.int32().optional(),
  evacuationStrategy: evacuationStrategy.optional(),
});

const replicantSpec = z
  .strictObject({
    replicas: z.int32().optional().meta({ default: DEFAULT_EMQX_REPLICAS }),
    minAvailable: core.intOrString.optional(),
    maxUnavailable: core.intOrString.optional(),
    command: z.array(z.string()).optional(),
    args: z.array(z.string()).optional(),
    ports: z.array(core.containerPort).optional(),
    env: z.array(core.envVar).optional(),
    envFrom: z.array(core.envFromSource).optional(),
    resources: core.resourceRequirements.optional(),
    livenessProbe: core.probe.optional().meta({ default: defaultLivenessProbe() }),
    readinessProbe: core.probe.optional().meta({ default: defaultReadinessProbe() }),
    startupProbe: core.probe.optional(),
    lifecycle: core.lifecycle.optional(),
    containerSecurityContext: core.securityContext.optional().meta({ default: defaultSecurityContext() }),
    podSecurityContext: core.podSecurityContext.optional().meta({ default: defaultPodSecurityContext() }),
    initContainers: z.array(core.container).optional(),
    extraContainers: z.array(core.container).optional(),
    extraVolumes: z.array(core.volume).optional(),
    extraVolumeMounts: z.array(core.volumeMount).optional(),
    affinity: core.affinity.optional(),
    nodeName: z.string().optional(),
    nodeSelector: z.record(z.string(), z.string()).optional(),
    tolerations: z.array(core.toleration).optional(),
    /** An older spelling of `tolerations`. */
    toleRations: z.array(core.toleration).optional(),
    topologySpreadConstraints: z.array(core.topologySpreadConstraint).optional(),
  })
  .meta(disruptionBudgetRule);

const coreSpec = replicantSpec
  .extend({
    /** One claim, in spite of the name. */
    volumeClaimTemplates: core.persistentVolumeClaimSpec.optional(),
  })
  .meta(disruptionBudgetRule);

const serviceTemplate = z.strictObject({
  enabled: z.boolean().optional().meta({ default: true }),
  metadata: templateMeta.optional(),
  spec: core.serviceSpec.optional(),
});

/** `spec` of an EMQX v2beta1. @see EMQX Operator 2.2.29 */
export const emqxSpec = z.strictObject({
  image: z.string(),
  imagePullPolicy: z.string().optional(),
  imagePullSecrets: z.array(core.localObjectReference).optional(),
  serviceAccountName: z.string().optional(),
  clusterDomain: z.string().optional().meta({ default: DEFAULT_CLUSTER_DOMAIN }),
  bootstrapAPIKeys: z.array(bootstrapApiKey).optional(),
  config: config.optional(),
  /** How many old sets of pods are kept. */
  revisionHistoryLimit: z.int32().optional().meta({ default: DEFAULT_HISTORY_LIMIT }),
  updateStrategy: updateStrategy.optional().meta({ default: defaultUpdateStrategy() }),
  coreTemplate: z
    .strictObject({ metadata: templateMeta.optional(), spec: coreSpec.optional() })
    .optional()
    .meta({ default: { spec: { replicas: DEFAULT_EMQX_REPLICAS } } }),
  replicantTemplate: z.strictObject({ metadata: templateMeta.optional(), spec: replicantSpec.optional() }).optional(),
  dashboardServiceTemplate: serviceTemplate.optional(),
  listenersServiceTemplate: serviceTemplate.optional(),
});

/** The same in version v2. @see EMQX Operator 2.3, `api/v2/emqx_types_spec.go` */
export const emqxV2Spec = emqxSpec.extend({
  updateStrategy: updateStrategy
    .extend({
      initialDelaySeconds: z.int32().min(0).optional(),
      evacuationStrategy: evacuationStrategy
        .extend({
          /** Seconds a node waits for load balancers before it evicts anything. */
          waitHealthCheck: z.int32().min(0).optional(),
        })
        .optional(),
    })
    .optional(),
});
