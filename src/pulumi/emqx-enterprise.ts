import * as pulumi from '@pulumi/pulumi';
import type { DeepInputs } from './deep-input';
import type { EmqxEnterpriseInputs } from './emqx-enterprise-inputs';
import { SECRET_PROPERTIES } from './inputs';
import { PROVIDER_TEXT } from './provider-text';
import { rowUrn } from './row-urn';
import type { ClusterPhase, LastUpgrade, Seen } from './state';

/**
 * What a cluster is to be, how to get to it, and how it is upgraded: the properties of the construct `EmqxEnterpriseCluster` as
 * plain values, each of which may be an output.
 */
export interface EmqxEnterpriseArgs extends DeepInputs<Omit<EmqxEnterpriseInputs, 'progressRow'>> {}

const TYPE = 'pulumi-nodejs:dynamic/emqx:EmqxEnterprise';

/** What is only put out: without a property of their name there would be none of it. */
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
};

/**
 * A cluster of EMQX Enterprise 4.4 that the EMQX Operator runs: its custom resource, by server-side apply.
 *
 * - Creation ends when the cluster runs.
 * - A change of what the pods are made of, such as the version, is an upgrade, which moves every device once, at the rate of
 *   `blueGreenUpdate`. Progress is shown in the row of the resource.
 * - Ctrl-C, a lost engine and a timeout stop an upgrade at a safe point; the next `pulumi up` goes on, and with the version
 *   from before it goes back.
 * - Name and namespace replace the cluster. Labels and annotations cannot be given: the operator takes them for an upgrade, or
 *   loses its nodes.
 *
 * Devices enter by a Service of their own, labelled `emqx-blue-green/traffic-for: <name>`, as the component
 * {@link EmqxEnterpriseCluster} makes it; or, with `exposure: 'operator'`, by the one the operator makes.
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
  /** What the cluster is in; anything but `running` leaves the next `pulumi up` something to do. */
  declare readonly phase: pulumi.Output<ClusterPhase>;
  /** The version before the upgrade that is under way, or was the last one; empty where there never was one. */
  declare readonly fromVersion: pulumi.Output<string>;
  /** The version that is upgraded to, or is wanted. */
  declare readonly toVersion: pulumi.Output<string>;
  /** The revision of the serving nodes: the label `controller-revision-hash` of their pods. */
  declare readonly revision: pulumi.Output<string>;
  /** Names of the pods. */
  declare readonly nodes: pulumi.Output<readonly string[]>;
  /** `<namespace>/<name>` of the ConfigMap in which an upgrade keeps what it must remember. */
  declare readonly journal: pulumi.Output<string>;
  /** What the last upgrade did; undefined where there never was one. */
  declare readonly lastUpgrade: pulumi.Output<LastUpgrade | undefined>;
  /** Paths in the custom resource that somebody else has changed, as far as the last refresh saw it. */
  declare readonly drift: pulumi.Output<readonly string[]>;

  /**
   * @param name of the resource in Pulumi
   * @param args what the cluster is to be
   * @param opts `parent`, `dependsOn`, `protect` and the like. Timeouts are given by `upgrade.timeouts`: `customTimeouts` do not
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
