import * as z from 'zod';
import { DEFAULT_CLUSTER_DOMAIN, DEFAULT_RELOADER_IMAGE, DEFAULT_REPLICAS } from '../constants';
import * as core from '../core-v1';
import { templateMeta } from '../metadata';
import { defaultPodSecurityContext, defaultSecurityContext } from '../security-context';

export const DEFAULT_PULL_POLICY = 'IfNotPresent';

const license = z.strictObject({
  /** The license, base64. */
  data: z.string().optional().meta({ format: 'byte' }),
  /** The license as text. */
  stringData: z.string().optional(),
  /** Name of a Secret whose only key holds the license. */
  secretName: z.string().optional(),
});

const evacuationStrategy = z.strictObject({
  /** Seconds a client has to come back before its session is moved. */
  waitTakeover: z.int32().min(0).optional(),
  /** Connections a node ends per second. */
  connEvictRate: z.int32().min(1).optional(),
  /** Sessions a node hands over per second. */
  sessEvictRate: z.int32().min(1).optional(),
});

const blueGreenUpdate = z.strictObject({
  /** Seconds between "all new nodes are ready" and the first evacuation. */
  initialDelaySeconds: z.int32().optional(),
  evacuationStrategy: evacuationStrategy.optional(),
});

const image = z.strictObject({
  registry: z.string().optional(),
  repository: z.string().optional(),
  version: z.string(),
  prefix: z.string().optional(),
  suffix: z.string().optional(),
  pullPolicy: z.enum(['Always', 'Never', 'IfNotPresent']).optional().meta({ default: DEFAULT_PULL_POLICY }),
});

const bootstrapApiKey = z.strictObject({
  key: z.string().regex(/^[a-zA-Z\d_]+$/),
  secret: z.string().min(3).max(32),
});

const emqxContainer = z.strictObject({
  image: image.optional(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  workingDir: z.string().optional(),
  ports: z
    .array(core.containerPort)
    .optional()
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['containerPort', 'protocol'] }),
  envFrom: z.array(core.envFromSource).optional(),
  env: z.array(core.envVar).optional(),
  resources: core.resourceRequirements.optional(),
  volumeMounts: z.array(core.volumeMount).optional(),
  volumeDevices: z.array(core.volumeDevice).optional(),
  livenessProbe: core.probe.optional(),
  readinessProbe: core.probe.optional(),
  startupProbe: core.probe.optional(),
  lifecycle: core.lifecycle.optional(),
  terminationMessagePath: z.string().optional(),
  terminationMessagePolicy: z.string().optional(),
  stdin: z.boolean().optional(),
  stdinOnce: z.boolean().optional(),
  tty: z.boolean().optional(),
  securityContext: core.securityContext.optional().meta({ default: defaultSecurityContext() }),
  /** Settings of `emqx.conf`, by their dotted names. */
  emqxConfig: z.record(z.string(), z.string()).optional(),
  /** Lines of `acl.conf`. */
  emqxACL: z.array(z.string()).optional(),
  bootstrapAPIKeys: z.array(bootstrapApiKey).optional(),
});

const podSpec = z.strictObject({
  serviceAccountName: z.string().optional(),
  reloaderImage: z.string().optional().meta({ default: DEFAULT_RELOADER_IMAGE }),
  imagePullSecrets: z.array(core.localObjectReference).optional(),
  emqxContainer: emqxContainer.optional(),
  extraContainers: z.array(core.container).optional(),
  initContainers: z.array(core.container).optional(),
  ephemeralContainers: z.array(core.ephemeralContainer).optional(),
  volumes: z.array(core.volume).optional(),
  nodeSelector: z.record(z.string(), z.string()).optional(),
  nodeName: z.string().optional(),
  affinity: core.affinity.optional(),
  tolerations: z.array(core.toleration).optional(),
  podSecurityContext: core.podSecurityContext.optional().meta({ default: defaultPodSecurityContext() }),
});

/** `spec` of an EmqxEnterprise, structurally as the custom resource definition has it. */
export const emqxEnterpriseSpec = z.strictObject({
  replicas: z.int32().optional().meta({ default: DEFAULT_REPLICAS }),
  clusterDomain: z.string().optional().meta({ default: DEFAULT_CLUSTER_DOMAIN }),
  license: license.optional(),
  persistent: z.strictObject({ metadata: templateMeta.optional(), spec: core.persistentVolumeClaimSpec }).optional(),
  /** Absent: the operator updates the stateful set in place. */
  blueGreenUpdate: blueGreenUpdate.optional(),
  template: z.strictObject({ metadata: templateMeta.optional(), spec: podSpec.optional() }).optional(),
  serviceTemplate: z.strictObject({ metadata: templateMeta.optional(), spec: core.serviceSpec.optional() }).optional(),
});
