import { inputsOf, resourceOf } from '../../src/pulumi/inputs';
import type { ClusterManifests } from '../../src/sandbox/quickstart';
import { trafficService } from '../../src/sandbox/traffic-service';
import type { Properties } from './_host';

/** A cluster of one generation, as programs describe it in the tests. */
export interface TestedGeneration {
  readonly apiVersion: string;
  readonly kind: 'EmqxEnterprise' | 'EMQX';
  readonly name: string;
  /** Of Pulumi's row. */
  readonly row: string;
  /** Name of the objects beside it. */
  readonly companion: string;
  /** Label of the pods of one set. */
  readonly revisionLabel: string;
  readonly versions: readonly [old: string, next: string, third: string];
  /** What describes its nodes: three that devices connect to. */
  readonly nodes: Properties;
  /** How many pods it has. */
  readonly pods: number;
  /** The words for the phase in which the nodes of the devices are emptied. */
  readonly evacuating: string;
}

export const ENTERPRISE: TestedGeneration = {
  apiVersion: 'apps.emqx.io/v1beta4',
  kind: 'EmqxEnterprise',
  name: 'emqx-ee',
  row: 'urn:pulumi:dev::emqx::pulumi-nodejs:emqx:EE::emqx-ee',
  companion: 'emqx-ee-upgrade',
  revisionLabel: 'controller-revision-hash',
  versions: ['4.4.14', '4.4.15', '4.4.16'],
  nodes: {},
  pods: 3,
  evacuating: 'evacuating',
};

/** Cores and replicants. */
export const EMQX: TestedGeneration = {
  apiVersion: 'apps.emqx.io/v2beta1',
  kind: 'EMQX',
  name: 'emqx',
  row: 'urn:pulumi:dev::emqx::pulumi-nodejs:emqx:E5::emqx',
  companion: 'emqx.emqx-upgrade',
  revisionLabel: 'apps.emqx.io/pod-template-hash',
  versions: ['5.8.8', '5.8.9', '5.8.10'],
  nodes: { __kind: 'EMQX', cores: { replicas: 2 }, replicants: { replicas: 3 } },
  pods: 5,
  evacuating: 'evacuating replicants',
};

export const GENERATIONS: readonly (readonly [TestedGeneration['kind'], TestedGeneration])[] = [
  ['EmqxEnterprise', ENTERPRISE],
  ['EMQX', EMQX],
];

/** What describes a cluster, apart from the connection to it. */
export function describedAs({ name, nodes }: TestedGeneration, version: string): Properties {
  return {
    name,
    namespace: 'default',
    version,
    blueGreenUpdate: {
      initialDelaySeconds: 5,
      evacuationStrategy: { connectionEvictionRate: 20, sessionEvictionRate: 20, waitTakeoverSeconds: 5 },
    },
    ...nodes,
  };
}

/** The same cluster for the sandbox, with a Service of its own for the devices. */
export function manifestsOf(generation: TestedGeneration, more: Properties = {}): ClusterManifests {
  const cluster = resourceOf(inputsOf({ ...describedAs(generation, generation.versions[0]), ...more }));
  return { cluster, objects: [trafficService(cluster, 32_010)] };
}
