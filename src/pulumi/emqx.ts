import type * as pulumi from '@pulumi/pulumi';
import { ClusterResource, type OutputsOf, type OwnInputs, type Registration } from './cluster-resource';
import type { ConnectionInputs } from './common-inputs';
import type { DeepInputs } from './deep-input';
import type { EmqxInputs } from './emqx-inputs';

/**
 * The cluster, the connection to it, and how it is upgraded: the properties of the construct `EmqxCluster` as plain values, each of
 * which may be an output.
 */
export interface EmqxArgs extends DeepInputs<Omit<EmqxInputs, OwnInputs>> {}

const EMQX: Registration = { kind: 'EMQX', type: 'pulumi-nodejs:emqx:E5', formerTypes: [] };

/** The properties, each as an output. */
export interface Emqx extends OutputsOf<EmqxInputs> {}

/**
 * A cluster of EMQX 5 or 6 that the EMQX Operator runs: its custom resource, by server-side apply.
 *
 * - Creation ends when the cluster runs.
 * - A change of what the pods are made of, such as the version, is an upgrade, which moves every device once, at the rate of
 *   `blueGreenUpdate`: replicants first, then cores. Progress is shown in the rows of the resource and of the stack.
 * - A change of `config` is no upgrade: the operator applies it to the running nodes.
 * - Ctrl-C, a lost engine and a timeout stop an upgrade at a safe point; the next `pulumi up` resumes it, or with the previous
 *   version rolls it back.
 * - A change of name or namespace replaces the cluster.
 *
 * Devices connect through a Service of their own, labelled `emqx-blue-green/traffic-for: <name>`, as the component
 * {@link EmqxCluster} creates it; or, with `exposure: 'operator'`, through the one the operator creates.
 *
 * The outputs `cores`, `replicants`, `config` and `apiKeys` are secret as a whole, because there may be secrets in them.
 *
 * @see docs/pulumi.md
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: Pulumi sets an output for every property that is registered below.
export class Emqx extends ClusterResource {
  /** Namespace of the custom resource. */
  declare readonly namespace: pulumi.Output<string>;

  /**
   * Reads a cluster that something else manages. Nothing is changed, and `pulumi destroy` leaves it alone.
   *
   * @param name of the resource in Pulumi
   * @param id of the cluster: `<namespace>/<name>`
   * @param connection to the Kubernetes cluster. @default - as kubectl
   * @param opts as for any resource
   */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    connection: DeepInputs<ConnectionInputs> = {},
    opts: pulumi.CustomResourceOptions = {},
  ): Emqx {
    return new Emqx(name, connection as EmqxArgs, { ...opts, id });
  }

  /**
   * @param name of the resource in Pulumi
   * @param args describe the cluster
   * @param opts `parent`, `dependsOn`, `protect` and the like. `import` does not work for a provider of this kind: `adopt: true` does the
   * same. Nor do `customTimeouts`: timeouts are set by `upgrade.timeouts`.
   * @throws RunError when `opts.import` is given
   */
  constructor(name: string, args: EmqxArgs, opts: pulumi.CustomResourceOptions = {}) {
    super(EMQX, name, { ...args }, opts);
  }
}
