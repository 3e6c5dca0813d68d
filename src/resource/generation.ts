import type { MqttListener } from './constants';

/**
 * What differs between the generations of the custom resource, for whoever upgrades a cluster: how the operator is held, what makes it
 * build new nodes, and what it reports. The names of fields stay behind this interface.
 */
export interface Generation<Resource> {
  readonly apiVersion: string;
  readonly kind: string;
  /** In the path of its API. */
  readonly plural: string;
  /** What the operator makes nodes of, in the order in which an upgrade moves them. */
  readonly setKinds: readonly SetKind[];
  /** Label of a pod whose value tells the pods of one set from those of the others. */
  readonly revisionLabel: string;
  /**
   * Labels in the selector of a Service that tell whose pods are meant, where the cluster of the other generation has the same name:
   * those that only pods of this one have (undefined: there are none), and those that only pods of the other one have.
   */
  readonly labelsInSelectors: { readonly own?: readonly string[]; readonly others: readonly string[] };
  /** Name of the objects that an upgrade keeps beside the cluster of this name. */
  companionOf(cluster: string): string;
  /** The Secret of the cluster with the credentials of the management API. */
  readonly credentials: CredentialsSecret;
  /** Port of the management API in the pods. */
  managementPortOf(resource: Resource): number;
  /** The resource as the API server would store it, with all defaults. */
  withDefaults(resource: Resource): Resource;
  /** The EMQX version that it asks for; empty where it names none. */
  versionOf(resource: Resource): string;
  /** Number of nodes of a role; 0 where there are none of it. The resource must be complete. */
  replicasOf(resource: Resource, role: Role): number;
  /** How nodes are evacuated; undefined where the resource asks for no blue-green upgrade at all. */
  strategyOf(resource: Resource): EvacuationRates | undefined;
  /** Where in the resource it is. */
  readonly strategyPath: string;
  /** The initial delay, which holds the operator, in seconds; undefined where it is not given. */
  delayOf(resource: Resource): number | undefined;
  /** Path of that field. */
  readonly delayPath: string;
  /** Merge patch of `spec` that sets the delay. */
  delayPatch(seconds: number): Record<string, unknown>;
  /** A `spec` with another delay, or without any (undefined); unchanged where it has no strategy. */
  withDelay(spec: object, seconds: number | undefined): Record<string, unknown>;
  /** The number of nodes of a role, as a path. */
  replicasPath(role: Role): string;
  /** What triggers, in the words of an error. */
  readonly templateFields: string;
  /** The part of the resource that makes the operator create new nodes when it changes. */
  triggersOf(resource: Resource): unknown;
  /** The part of the resource's own metadata that an upgrade must not change: it reaches the pods, or their selectors. */
  metadataTriggersOf(resource: Resource): object;
  /** Whether an operator that is released removes a node only after it has moved what was on it. */
  readonly emptiesBeforeRemoval: boolean;
  /** Whether the operator takes the smaller one of two sets for the old one, whichever was there first. */
  readonly takesSmallerForOld: boolean;
  /** Whether a held operator stops to reconcile, so that a change has to wake it. */
  readonly sleepsWhileHeld: boolean;
  /**
   * For an operator that would build a third set where the old template comes back while all new nodes serve: with one node more they no
   * longer do, and it goes back to the old sets.
   *
   * @default - it goes back in any case
   */
  readonly spare?: SpareNode;
  /**
   * The same for an operator that may see in one pass that all new nodes serve, and then the old template: it is given nodes that run
   * nowhere, whatever it has seen so far, until it has gone back.
   *
   * @default - it is not like that
   */
  readonly idle?: IdleNodes<Resource>;
  /**
   * For how long the operator may report that all new nodes are ready, until it builds those of the next role, ms.
   *
   * @default - it reports that only when those of all roles are there
   */
  readonly settlesMs?: number;
  /** Whether the operator itself moves the data of durable sessions to the set that the resource describes, also while it is held. */
  readonly movesStorage: boolean;
  /** The lines of the operator that reconcile it. */
  readonly operators: readonly OperatorLine[];
  /** Why a cluster of this generation is read only, where it is. @default - it is upgraded */
  readonly onlyRead?: OnlyRead;
  /** The Erlang name of the node in a pod; undefined where it is not known yet. The resource must be complete. */
  nodeNameOf(resource: Resource, pod: { name: string; uid?: string | undefined }): string | undefined;
  /** Name of the Service for devices that the operator creates. */
  operatorServiceOf(resource: Resource): string;
  /** The template of that Service. */
  serviceTemplateOf(resource: Resource): ServiceTemplate | undefined;
  /** Whether the operator gives that Service ports for devices. */
  publishesDevices(resource: Resource): boolean;
  /** Whether a listener expects the header of the PROXY protocol before anything else. */
  expectsProxyHeader(resource: Resource, listener: MqttListener): boolean;
  /** Connections that a listener of one node accepts per second, its `max_conn_rate`; undefined where it has no limit, or none is known. */
  maxConnRateOf(resource: Resource, listener: MqttListener): number | undefined;
  /** Which of two sets the resource describes; undefined where that is unknown. */
  wantedSet(resource: Resource, blue: BuiltSet, green: BuiltSet): 'blue' | 'green' | undefined;
  /** Paths of fields that differ although they cannot change after creation. Both resources must be complete. */
  immutableFields(before: Resource, after: Resource): string[];
  /** What the operator reports. */
  reportOf(resource: Resource): OperatorReport;
}

/** One node more than is wanted, for a moment. */
export interface SpareNode {
  readonly role: Role;
  /** Merge patch of `spec` with another number of nodes of this role. */
  patch(replicas: number): Record<string, unknown>;
}

/** Nodes that can run nowhere: as long as the resource asks for them, the operator does not take the new nodes for complete. */
export interface IdleNodes<Resource> {
  /** A `spec` that asks for them, too. */
  addedTo(spec: Record<string, unknown>): Record<string, unknown>;
  /** The resource without them; undefined where it has none. */
  without(resource: Resource): Resource | undefined;
  /** Whether they are what a set is made of. @param podTemplate of the set, from the API server */
  isMadeOfThem(podTemplate: unknown): boolean;
}

/** Versions of the operator that act alike. */
export interface OperatorLine {
  /** A semver range. */
  readonly range: string;
  /** What people call it. */
  readonly name: string;
  /** Whether upgrades with it have been run; otherwise they follow from its source alone. */
  readonly isTried: boolean;
}

/** What prevents upgrades of a generation. */
export interface OnlyRead {
  /** What it lacks. */
  readonly reason: string;
  /** What to do in place of an upgrade by this program. */
  readonly fix: string;
}

/** A core holds the cluster's data; a replicant only devices, and needs cores of exactly its own version. EMQX 4.4 has cores only. */
export type Role = 'core' | 'replicant';

/** As far as it is read here. */
export interface ServiceTemplate {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> | undefined } | undefined;
}

/** A kind of sets, in the API group `apps`. */
export interface SetKind {
  readonly kind: 'StatefulSet' | 'ReplicaSet';
  readonly role: Role;
}

/** A Secret with lines `<id>:<secret>`. */
export interface CredentialsSecret {
  /** After the name of the cluster. */
  readonly suffix: string;
  readonly key: string;
  /** The operator's own id. */
  readonly id: string;
  /**
   * After the name of the cluster: the name of another Secret, with credentials of the user's own under the keys `key` and `secret`,
   * for nodes that refuse those of the operator.
   *
   * @default - none are looked for
   */
  readonly ownSuffix?: string;
}

/** What the operator has built from a template. */
export interface BuiltSet {
  /** Of the EMQX container. */
  readonly image: string;
  /** `spec.template` of the set. */
  readonly podTemplate?: unknown;
}

/** Rates are per second. What is absent is not given. */
export interface EvacuationRates {
  readonly connEvictRate?: number | undefined;
  readonly sessEvictRate?: number | undefined;
  /** Seconds. */
  readonly waitTakeover?: number | undefined;
}

/** What the operator reports of a cluster, the same for both generations. */
export interface OperatorReport {
  /** Its newest condition, as `Running: True`. */
  readonly condition: string;
  /** Whether that says that the cluster runs as described. */
  readonly isRunning: boolean;
  /** Running nodes, of all sets. */
  readonly readyNodes: number | undefined;
  /** Names of nodes that are gone, and still listed as members: only these cores were not made to leave. */
  readonly stopped: readonly string[];
  /** Names of the nodes that it counts; undefined for one that it does not name. */
  readonly nodes: readonly (string | undefined)[];
  /**
   * Names of the sets that it builds for what the resource describes, one of each role, as it last read that. It never goes back to
   * another set of theirs when the resource changes, but builds a further one.
   *
   * @default - its status does not say that for certain
   */
  readonly wanted?: readonly string[];
  /** Whether it has seen all nodes of those ready, whatever other sets there are. @default - as with `wanted` */
  readonly isWantedReady?: boolean;
  /** When it last reconciled the cluster, ms since the epoch; undefined where its status does not show it. */
  readonly reconciledAt: number | undefined;
  /** Absent where it reports no upgrade. */
  readonly upgrade?: {
    /** Names of the sets that it takes for the old and the new ones. */
    readonly blue: readonly string[];
    readonly green: readonly string[];
    /** Whether it has seen all new nodes ready. */
    readonly isGreenReady: boolean;
    /** Whether it sees that in its next pass, whatever becomes of them meanwhile. @default false */
    readonly isGreenReadyNext?: boolean;
  };
}
