/** A place where EMQX Operator's definitions say something else of a core/v1 type than Kubernetes' own document does. */
export interface Override {
  readonly definition: string;
  /** @default - the definition itself */
  readonly property?: string;
  readonly add: Readonly<Record<string, unknown>>;
  readonly reason: string;
}

const TCP = { default: 'TCP' };
const TCP_REASON =
  'the protocol is part of the key of a list of ports, so the Go type carries its default for definitions too';

const ATOMIC = { 'x-kubernetes-map-type': 'atomic' };
const ATOMIC_REASON =
  'the Go type embeds LocalObjectReference, which is atomic: controller-gen hands that on, the OpenAPI document does not';

/** All of them, held against EMQX Operator 2.2.29 by `compare-crds`. */
export const OVERRIDES: readonly Override[] = [
  { definition: 'ContainerPort', property: 'protocol', add: TCP, reason: TCP_REASON },
  { definition: 'ServicePort', property: 'protocol', add: TCP, reason: TCP_REASON },
  {
    definition: 'GRPCAction',
    property: 'service',
    add: { default: '' },
    reason: 'the Go type carries this default; of the document only the structure is taken, not its defaults',
  },
  { definition: 'ConfigMapEnvSource', add: ATOMIC, reason: ATOMIC_REASON },
  { definition: 'SecretEnvSource', add: ATOMIC, reason: ATOMIC_REASON },
  { definition: 'ConfigMapVolumeSource', add: ATOMIC, reason: ATOMIC_REASON },
  { definition: 'ConfigMapProjection', add: ATOMIC, reason: ATOMIC_REASON },
  { definition: 'SecretProjection', add: ATOMIC, reason: ATOMIC_REASON },
];

/** Of the metadata of an embedded object a definition keeps these fields only (controller-gen, `generateEmbeddedObjectMeta`). */
export const EMBEDDED_METADATA: readonly string[] = ['name', 'namespace', 'labels', 'annotations', 'finalizers'];
