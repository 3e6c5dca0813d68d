import * as pulumi from '@pulumi/pulumi';
import type { DeepInputs } from './deep-input';
import type { EmqxEnterpriseInputs } from './emqx-enterprise-inputs';
import { SECRET_PROPERTIES } from './inputs';
import { PROVIDER_TEXT } from './provider-text';
import { rowUrn } from './row-urn';
import type { ClusterPhase, LastUpgrade, Seen } from './state';

/**
 * The cluster, the connection to it, and how it is upgraded: the properties of the construct `EmqxEnterpriseCluster` as
 * plain values, each of which may be an output.
 */
export interface EmqxEnterpriseArgs extends DeepInputs<Omit<EmqxEnterpriseInputs, 'progressRow'>> {}

const TYPE = 'pulumi-nodejs:dynamic/emqx:EmqxEnterprise';

/** Outputs only: without an input property of the same name Pulumi would not set them. */
const OUTPUTS: Readonly<Record<keyof Seen, undefined>> = {
  schema: undefined,
  phase: undefined,
  fromVersion: undefined,
  toVersion: undefined,
  revision: undefined,
  nodes: undefined,
  journal: undefined,
  lastUpgrade: undefined,
  drift: undefined,
  identity: undefined,
  owner: undefined,
};

/**
 * A cluster of EMQX Enterprise 4.4 that the EMQX Operator runs: its custom resource, by server-side apply.
 *
 * - Creation ends when the cluster runs.
 * - A change of what the pods are made of, such as the version, is an upgrade, which moves every device once, at the rate of
 *   `blueGreenUpdate`. Progress is shown in the row of the resource.
 * - Ctrl-C, a lost engine and a timeout stop an upgrade at a safe point; the next `pulumi up` resumes it, or with the previous
 *   version rolls it back.
 * - A change of name or namespace replaces the cluster. Labels and annotations cannot be set: they would trigger an upgrade by the
 *   operator, or orphan the nodes.
 *
 * Devices connect through a Service of their own, labelled `emqx-blue-green/traffic-for: <name>`, as the component
 * {@link EmqxEnterpriseCluster} creates it; or, with `exposure: 'operator'`, through the one the operator creates.
 *
 * @see docs/pulumi.md
 */
export class EmqxEnterprise extends pulumi.CustomResource {
  /** Name of the custom resource. */
  declare readonly name: pulumi.Output<string>;
  /** Namespace of the custom resource. */
  declare readonly namespace: pulumi.Output<string>;
  /** Version of EMQX Enterprise. */
  declare readonly version: pulumi.Output<string>;
  /** The phase of the cluster; in any other phase than `running` the next `pulumi up` has something to do. */
  declare readonly phase: pulumi.Output<ClusterPhase>;
  /** The version before the current or last upgrade; empty where there never was one. */
  declare readonly fromVersion: pulumi.Output<string>;
  /** The target version of the current upgrade, or the wanted version. */
  declare readonly toVersion: pulumi.Output<string>;
  /** The revision of the serving nodes: the label `controller-revision-hash` of their pods. */
  declare readonly revision: pulumi.Output<string>;
  /** Names of the pods. */
  declare readonly nodes: pulumi.Output<readonly string[]>;
  /** `<namespace>/<name>` of the ConfigMap in which an upgrade keeps its state. */
  declare readonly journal: pulumi.Output<string>;
  /** Report of the last upgrade; undefined where there never was one. */
  declare readonly lastUpgrade: pulumi.Output<LastUpgrade | undefined>;
  /** Paths in the custom resource that were changed outside of Pulumi, as of the last refresh. */
  declare readonly drift: pulumi.Output<readonly string[]>;

  /**
   * @param name of the resource in Pulumi
   * @param args describe the cluster
   * @param opts `parent`, `dependsOn`, `protect` and the like. Timeouts are set by `upgrade.timeouts`: `customTimeouts` do not
   * reach a provider of this kind.
   */
  constructor(name: string, args: EmqxEnterpriseArgs, opts: pulumi.CustomResourceOptions = {}) {
    const secrets = SECRET_PROPERTIES.filter((property) => args[property] !== undefined);
    const props = {
      ...OUTPUTS,
      ...args,
      ...Object.fromEntries(secrets.map((property) => [property, pulumi.secret(args[property])])),
      progressRow: rowUrn(TYPE, name, opts.parent),
      __provider: PROVIDER_TEXT,
    };
    super(TYPE, name, props, pulumi.mergeOptions(opts, { additionalSecretOutputs: [...SECRET_PROPERTIES] }));
  }
}
