import * as pulumi from '@pulumi/pulumi';
import type { DeepInputs } from './deep-input';
import type { ConnectionInputs, EmqxEnterpriseInputs } from './emqx-enterprise-inputs';
import { PROPERTIES, SECRET_PROPERTIES } from './inputs';
import { PROVIDER_TEXT } from './provider-text';
import { rowUrn } from './row-urn';
import { secretInput } from './secret-input';
import type { ClusterPhase, LastUpgrade, Seen } from './state';

/**
 * The cluster, the connection to it, and how it is upgraded: the properties of the construct `EmqxEnterpriseCluster` as
 * plain values, each of which may be an output.
 */
export interface EmqxEnterpriseArgs extends DeepInputs<Omit<EmqxEnterpriseInputs, '__progressRow'>> {}

/** The properties as outputs: undefined where the program leaves them out. */
export type EmqxEnterpriseOutputs = {
  readonly [Name in keyof Omit<EmqxEnterpriseInputs, '__progressRow'>]-?: pulumi.Output<EmqxEnterpriseInputs[Name]>;
};

/**
 * The package is that of Pulumi's host of dynamic providers; the rest is short, because in a terminal of 80 columns whatever the type
 * takes is missing for the progress.
 */
const TYPE = 'pulumi-nodejs:emqx:EE';

/** How the type was called before. */
const FORMER_TYPE = 'pulumi-nodejs:dynamic/emqx:EmqxEnterprise';

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

/** The same holds for inputs that the program leaves out. */
const UNSET = { ...Object.fromEntries(PROPERTIES.map((property) => [property, undefined])), ...OUTPUTS };

/** The properties, each as an output. */
export interface EmqxEnterprise extends EmqxEnterpriseOutputs {}

/**
 * A cluster of EMQX Enterprise 4.4 that the EMQX Operator runs: its custom resource, by server-side apply.
 *
 * - Creation ends when the cluster runs.
 * - A change of what the pods are made of, such as the version, is an upgrade, which moves every device once, at the rate of
 *   `blueGreenUpdate`. Progress is shown in the rows of the resource and of the stack.
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
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: Pulumi sets an output for every property that is registered below.
export class EmqxEnterprise extends pulumi.CustomResource {
  /** Namespace of the custom resource. */
  declare readonly namespace: pulumi.Output<string>;
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
  ): EmqxEnterprise {
    return new EmqxEnterprise(name, connection as EmqxEnterpriseArgs, { ...opts, id });
  }

  /**
   * @param name of the resource in Pulumi
   * @param args describe the cluster
   * @param opts `parent`, `dependsOn`, `protect` and the like. `import` does not work for a provider of this kind: `adopt: true` does the
   * same. Nor do `customTimeouts`: timeouts are set by `upgrade.timeouts`.
   * @throws RunError when `opts.import` is given
   */
  constructor(name: string, args: EmqxEnterpriseArgs, opts: pulumi.CustomResourceOptions = {}) {
    if (opts.import !== undefined) {
      throw new pulumi.RunError(
        `${name}: the option \`import\` does not work, because Pulumi does not give it to dynamic providers (pulumi/pulumi#16175); set \`adopt: true\` among the properties instead: \`pulumi up\` then takes the existing cluster over`,
      );
    }
    const secrets = SECRET_PROPERTIES.filter((property) => args[property] !== undefined);
    const props = {
      ...UNSET,
      ...args,
      ...Object.fromEntries(secrets.map((property) => [property, secretInput(property, args[property])])),
      __progressRow: rowUrn(TYPE, name, opts.parent),
      __provider: PROVIDER_TEXT,
    };
    const own = { additionalSecretOutputs: [...SECRET_PROPERTIES], aliases: [{ type: FORMER_TYPE }] };
    super(TYPE, name, props, pulumi.mergeOptions(opts, own));
    if (opts.customTimeouts !== undefined) {
      void pulumi.log.warn(
        'customTimeouts have no effect: Pulumi does not give them to dynamic providers; set upgrade.timeouts',
        this,
      );
    }
  }
}
