import type { EmqxResource, Problem, Role, Violation } from '../resource';
import type { EmqxEnterpriseInputs } from './emqx-enterprise-inputs';
import type { EmqxInputs } from './emqx-inputs';

/** The properties of a cluster of either generation. */
export type ClusterInputs = EmqxEnterpriseInputs | EmqxInputs;

export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** What differs between the resources of this provider: their properties, and where the custom resource has them. */
export interface ResourceType<Inputs extends ClusterInputs = ClusterInputs> {
  /** The properties that describe the cluster. */
  readonly properties: readonly string[];
  /** Fields of properties that are objects in another form than in the custom resource, by path; {@link ANY} where they have any name. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  /** What programs may expect to be a property, and why it is none. */
  readonly refused: Readonly<Record<string, Violation>>;
  /** Properties in which secrets may be. */
  readonly secrets: readonly string[];
  /** Properties, and fields by their path, whose change is never an upgrade. */
  readonly inPlace: readonly string[];
  /** Paths of which a preview names the fields that change, because the values may be secret. */
  readonly named: readonly string[];
  /** The wanted custom resource, complete. */
  resourceOf(inputs: Inputs): EmqxResource;
  /** Problems of the properties that describe the cluster. */
  problemsOf(inputs: Inputs): Problem[];
  /** Warnings about properties that are valid, and that a creation should not pass over. */
  warningsOf(inputs: Inputs): string[];
  /** Why the cluster cannot be changed from the one to the other. */
  fixedChanges(olds: Inputs, news: Inputs): CheckFailure[];
  /** The properties with another number of nodes of a role. */
  withReplicas(inputs: Inputs, role: Role, replicas: number): Inputs;
  /** Name of the Secret with the license. */
  licenseSecretOf(resource: EmqxResource): string | undefined;
  /** The volume claims of a cluster; undefined where its nodes have none. */
  claimsOf(resource: EmqxResource): Claims | undefined;
}

/** Fields of any name. */
export const ANY: readonly string[] = [];

/** How the volume claims of a cluster are named: `<template>-<set>-<number>`, where the set has this name, or that and a hash. */
export interface Claims {
  readonly template: string;
  readonly set: string;
}
