import type { Duration, Size } from 'cdk8s';
import type { Problem } from '../resource/problem';
import { ApiKey } from './api-key';
import type { BlueGreenUpdate } from './blue-green-update';
import type { EmqxEnterpriseClusterProps } from './emqx-enterprise-cluster-props';
import { EnvValue } from './env-value';
import { License } from './license';
import { type LoadBalancerOptions, MqttService, type NodePortOptions } from './mqtt-service';
import type { NodeResources } from './node-resources';
import type { Persistence } from './persistence';

/** The properties that hold objects, and have another form here. */
type Formed = 'license' | 'persistence' | 'blueGreenUpdate' | 'service' | 'apiKeys' | 'env' | 'resources';

/**
 * The properties of a cluster as plain values, for callers that cannot pass objects. Times and sizes have their unit in the
 * name.
 */
export interface PlainClusterProps extends Omit<EmqxEnterpriseClusterProps, Formed> {
  /**
   * Name of a Secret of the cluster's namespace with the license of EMQX Enterprise; its only key must be `emqx.lic`. A new
   * text in the same Secret is not an upgrade; another Secret is one.
   *
   * @default - the license in the image, if any
   */
  readonly licenseSecretName?: string;

  /**
   * Volumes for the data of the nodes. They cannot be added, changed or removed later.
   *
   * @default - the data is lost with the pod
   */
  readonly persistence?: PlainPersistence;

  /**
   * How an upgrade replaces the nodes. A change is not an upgrade. It must not be removed later.
   *
   * @default - in place: each node is restarted in turn, and disconnects its devices
   */
  readonly blueGreenUpdate?: PlainBlueGreenUpdate;

  /**
   * How devices reach the cluster. A change is not an upgrade.
   *
   * @default - from inside the Kubernetes cluster: mqtt, and with `tls` mqtts
   */
  readonly service?: PlainMqttService;

  /**
   * Keys of the management API. They cannot be added, changed or removed later. The custom resource contains them in plain text.
   *
   * @default - none but the operator's own
   */
  readonly apiKeys?: readonly PlainApiKey[];

  /**
   * Environment variables of the node, by name. A change is an upgrade. Settings of EMQX belong in `emqxConfig`, unless they
   * are secret.
   *
   * @default - none
   */
  readonly env?: Readonly<Record<string, PlainEnvValue>>;

  /**
   * CPU and memory of each node. During an upgrade both sets of nodes need theirs. A change is an upgrade.
   *
   * @default - nothing reserved, nothing limited
   */
  readonly resources?: PlainNodeResources;
}

/** A volume for each node. It cannot be changed while the cluster exists. */
export interface PlainPersistence extends Omit<Persistence, 'size'> {
  /** Size of the data volume of one node, in gibibytes. */
  readonly sizeGibibytes: number;
}

/** Upgrade with a second set of nodes. */
export interface PlainBlueGreenUpdate {
  /** How long to wait after all new nodes are ready, before the first connection is moved; whole seconds. @default 0 */
  readonly initialDelaySeconds?: number;
  /** How fast the running nodes are evacuated. */
  readonly evacuationStrategy: PlainEvacuationStrategy;
}

/** How fast connections and sessions leave a node that is being replaced. */
export interface PlainEvacuationStrategy {
  /** Connections that are closed per second; a whole number of at least 1. */
  readonly connectionEvictionRate: number;
  /** Sessions that are handed over per second; a whole number of at least 1. */
  readonly sessionEvictionRate: number;
  /** How long a client may take to reconnect before its session is moved without it; from 1 to 4294967 seconds. */
  readonly waitTakeoverSeconds: number;
}

/** How devices reach the cluster: the type of the Service, and the options of this type. */
export interface PlainMqttService extends NodePortOptions, LoadBalancerOptions {
  /**
   * `NodePort`: each listener (`mqtt`, `mqtts`, `ws`, `wss`) gets its port. `LoadBalancer` and `ClusterIP`: `listeners` names
   * the published ones.
   */
  readonly type: 'NodePort' | 'LoadBalancer' | 'ClusterIP';
}

/** A key of the management API, and its secret. */
export interface PlainApiKey {
  /** Letters, digits and `_`. */
  readonly key: string;
  /** From 3 to 32 characters. */
  readonly secret: string;
}

/** The value of an environment variable: one of the three. */
export interface PlainEnvValue {
  /** The value itself. The custom resource contains it in plain text. */
  readonly value?: string;
  /** Where the value is in a Secret of the cluster's namespace. */
  readonly fromSecret?: KeyOfObject;
  /** Where the value is in a ConfigMap of the cluster's namespace. */
  readonly fromConfigMap?: KeyOfObject;
}

/** A key of a Secret or a ConfigMap. */
export interface KeyOfObject {
  readonly name: string;
  readonly key: string;
}

/** CPU and memory of one EMQX node. */
export interface PlainNodeResources extends Omit<NodeResources, 'memoryRequest' | 'memoryLimit'> {
  /** Request, in mebibytes. @default - none */
  readonly memoryRequestMebibytes?: number;
  /** Limit, in mebibytes. Beyond it the node is killed, and its connections with it. @default - no limit */
  readonly memoryLimitMebibytes?: number;
}

/** The same properties in the form of the construct. Nothing is validated here: a wrong value stays wrong. */
export function clusterPropsOf(plain: PlainClusterProps): EmqxEnterpriseClusterProps {
  const { licenseSecretName, persistence, blueGreenUpdate, service, apiKeys, env, resources, ...same } = plain;
  return {
    ...same,
    ...(licenseSecretName !== undefined && { license: License.fromSecret(licenseSecretName) }),
    ...(persistence !== undefined && { persistence: persistenceOf(persistence) }),
    ...(blueGreenUpdate !== undefined && { blueGreenUpdate: updateOf(blueGreenUpdate) }),
    ...(service !== undefined && { service: serviceOf(service) as MqttService }),
    ...(apiKeys !== undefined && { apiKeys: apiKeysOf(apiKeys) }),
    ...(env !== undefined && { env: envOf(env) }),
    ...(resources !== undefined && { resources: resourcesOf(resources) }),
  };
}

/** A problem of the construct with the name and the advice for the plain properties. */
export function underPlainName(problem: Problem): Problem {
  // Of EMQX 5 and 6 each group of nodes has its own.
  const [group = ''] = /^(?:cores|replicants)\./.exec(problem.path) ?? [];
  const own = problem.path.slice(group.length);
  const place = PLACES.find(([property]) => own === property);
  const advice = ADVICE.find(([path]) => path.test(own));
  return {
    ...problem,
    ...(place && { path: group + place[1] }),
    ...PLAIN_WORDS[problem.bound],
    ...(advice && { fix: advice[1] }),
  };
}

const PLACES: readonly (readonly [property: string, plain: string])[] = [
  ['license', 'licenseSecretName'],
  ['persistence.size', 'persistence.sizeGibibytes'],
  ['blueGreenUpdate.initialDelay', 'blueGreenUpdate.initialDelaySeconds'],
  ['blueGreenUpdate.evacuationStrategy.waitTakeover', 'blueGreenUpdate.evacuationStrategy.waitTakeoverSeconds'],
  ['resources.memoryRequest', 'resources.memoryRequestMebibytes'],
  ['resources.memoryLimit', 'resources.memoryLimitMebibytes'],
];

/** What the constructs call by their classes, and the reasons for these. */
const PLAIN_WORDS: Readonly<Record<string, Pick<Problem, 'bound' | 'reason'>>> = {
  'a Size': { bound: 'a number', reason: 'values are never converted, and the unit is in the name' },
  'an MqttService': {
    bound: 'an object with a type',
    reason: 'how devices reach the cluster decides which ports it has',
  },
  'an ApiKey, in a list': {
    bound: 'a list of objects with key and secret',
    reason: 'a key is of no use without its secret',
  },
  'an EnvValue': {
    bound: 'an object with value, fromSecret or fromConfigMap',
    reason: 'a value is given here, or taken from a Secret or a ConfigMap',
  },
};

/** Advice in place of the construct's advice to write an object. */
const ADVICE: readonly (readonly [path: RegExp, fix: string])[] = [
  [/^license$/, 'check where the name comes from; without a license leave the property out'],
  [
    /^blueGreenUpdate$/,
    'write for example { evacuationStrategy: { connectionEvictionRate: 100, sessionEvictionRate: 100, waitTakeoverSeconds: 10 } }',
  ],
  [/^persistence\.size$/, 'write for example 8'],
  [/^resources\.memory/, 'write for example 512'],
  [/^service$/, "write for example { type: 'NodePort', mqtt: 32010 }"],
  [/^apiKeys(\[\d+\])?$/, "write for example [{ key: 'dashboards', secret }]"],
  [/^env\.[^.]+$/, "write { value: '…' }, { fromSecret: { name, key } } or { fromConfigMap: { name, key } }"],
];

export function persistenceOf(given: PlainPersistence): Persistence {
  if (!isObject(given)) return given as never;
  const { sizeGibibytes, ...rest } = given;
  return { ...rest, size: kibibytes(sizeGibibytes, 1024 * 1024) as Size };
}

export function updateOf(given: PlainBlueGreenUpdate): BlueGreenUpdate {
  if (!isObject(given)) return { hold: false } as never;
  const { connectionEvictionRate, sessionEvictionRate, waitTakeoverSeconds } = (given.evacuationStrategy ??
    {}) as PlainEvacuationStrategy;
  return {
    initialDelay: seconds(given.initialDelaySeconds) as Duration,
    evacuationStrategy: {
      connectionEvictionRate,
      sessionEvictionRate,
      waitTakeover: seconds(waitTakeoverSeconds) as Duration,
    },
    // Callers with plain values also run the upgrades, and hold the operator meanwhile.
    hold: false,
  };
}

/** An unknown type is left as it is, for the validation to refuse. */
export function serviceOf(given: PlainMqttService): unknown {
  if (!isObject(given)) return given;
  const { type, ...options } = given;
  switch (type) {
    case 'NodePort':
      return MqttService.nodePort(options);
    case 'LoadBalancer':
      return MqttService.loadBalancer(options);
    case 'ClusterIP':
      return MqttService.clusterIp(options);
    default:
      return type;
  }
}

export function apiKeysOf(given: unknown): readonly ApiKey[] {
  if (!Array.isArray(given)) return given as never;
  return given.map((one: unknown) => {
    if (!isObject(one)) return one as ApiKey;
    if (one['secretName'] === undefined) return ApiKey.of(one['key'] as string, one['secret'] as string);
    const isAlone = one['key'] === undefined && one['secret'] === undefined;
    return isAlone ? ApiKey.fromSecret(one['secretName'] as string) : (one as unknown as ApiKey);
  });
}

export function envOf(given: Readonly<Record<string, PlainEnvValue>>): Readonly<Record<string, EnvValue>> {
  if (!isObject(given)) return {};
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, envValueOf(value)])) as Record<
    string,
    EnvValue
  >;
}

/** Undefined unless it is exactly one of the three. */
function envValueOf(given: unknown): EnvValue | undefined {
  if (!isObject(given) || Object.keys(given).length !== 1) return undefined;
  const { value, fromSecret, fromConfigMap } = given as PlainEnvValue;
  if (typeof value === 'string') return EnvValue.fromValue(value);
  if (isObject(fromSecret)) return EnvValue.fromSecret(fromSecret.name, fromSecret.key);
  if (isObject(fromConfigMap)) return EnvValue.fromConfigMap(fromConfigMap.name, fromConfigMap.key);
  return undefined;
}

export function resourcesOf(given: PlainNodeResources): NodeResources {
  if (!isObject(given)) return given as never;
  const { memoryRequestMebibytes, memoryLimitMebibytes, ...rest } = given;
  return {
    ...rest,
    memoryRequest: kibibytes(memoryRequestMebibytes, 1024) as Size,
    memoryLimit: kibibytes(memoryLimitMebibytes, 1024) as Size,
  };
}

/**
 * A number of seconds in place of a Duration, which the constructs recognize by its methods. Not a Duration itself: that
 * throws its own error for some wrong numbers, before all problems are reported.
 */
function seconds(amount: unknown): unknown {
  return amount === undefined ? undefined : { toSeconds: () => amount };
}

/** The same for a Size. */
function kibibytes(amount: unknown, factor: number): unknown {
  if (amount === undefined) return undefined;
  return typeof amount === 'number' ? { toKibibytes: () => amount * factor } : amount;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
