import * as pulumi from '@pulumi/pulumi';
import type { EmqxResource } from '../resource';
import type { CommonInputs } from './common-inputs';
import { propertiesOf } from './inputs';
import { PROVIDER_TEXT } from './provider-text';
import { typeOf } from './resource-types';
import { rowUrn } from './row-urn';
import { secretInput } from './secret-input';
import type { ClusterPhase, LastUpgrade, Seen } from './state';

/** The properties that the classes set themselves. */
export type OwnInputs = Extract<keyof CommonInputs, `__${string}`>;

/** The properties as outputs: undefined where the program leaves them out. */
export type OutputsOf<Inputs> = {
  readonly [Name in keyof Omit<Inputs, OwnInputs>]-?: pulumi.Output<Inputs[Name]>;
};

/** How a kind of cluster is called in Pulumi. */
export interface Registration {
  /** Kind of the custom resource. */
  readonly kind: EmqxResource['kind'];
  /**
   * The package is that of Pulumi's host of dynamic providers; the rest is short, because in a terminal of 80 columns whatever the type
   * takes is missing for the progress.
   */
  readonly type: string;
  /** How the type was called before. */
  readonly formerTypes: readonly string[];
}

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

/** What the resources of both generations have in common. */
export abstract class ClusterResource extends pulumi.CustomResource {
  /** The phase of the cluster; in any other phase than `running` the next `pulumi up` has something to do. */
  declare readonly phase: pulumi.Output<ClusterPhase>;
  /** The version before the current or last upgrade; empty where there never was one. */
  declare readonly fromVersion: pulumi.Output<string>;
  /** The target version of the current upgrade, or the wanted version. */
  declare readonly toVersion: pulumi.Output<string>;
  /**
   * The revision of the nodes that devices connect to: the value of a label of their pods, `controller-revision-hash`, of EMQX 5 and 6
   * `apps.emqx.io/pod-template-hash`.
   */
  declare readonly revision: pulumi.Output<string>;
  /** Names of the pods. */
  declare readonly nodes: pulumi.Output<readonly string[]>;
  /** `<namespace>/<name>` of the ConfigMap in which an upgrade keeps its state. */
  declare readonly journal: pulumi.Output<string>;
  /** Report of the last upgrade; undefined where there never was one. */
  declare readonly lastUpgrade: pulumi.Output<LastUpgrade | undefined>;
  /** Paths in the custom resource that were changed outside of Pulumi, as of the last refresh. */
  declare readonly drift: pulumi.Output<readonly string[]>;

  /** @throws RunError when `opts.import` is given */
  protected constructor(
    { kind, type, formerTypes }: Registration,
    name: string,
    args: pulumi.Inputs,
    opts: pulumi.CustomResourceOptions,
  ) {
    if (opts.import !== undefined) {
      throw new pulumi.RunError(
        `${name}: the option \`import\` does not work, because Pulumi does not give it to dynamic providers (pulumi/pulumi#16175); set \`adopt: true\` among the properties instead: \`pulumi up\` then takes the existing cluster over`,
      );
    }
    // States of earlier versions name no kind: they are those of an EmqxEnterprise.
    const own = kind === 'EmqxEnterprise' ? {} : { __kind: kind };
    const { secrets } = typeOf(own);
    // The outputs of inputs that the program leaves out need a property, too.
    const unset = Object.fromEntries(propertiesOf(own).map((property) => [property, undefined]));
    const marked = secrets
      .filter((property) => args[property] !== undefined)
      .map((property) => [property, secretInput(property, args[property])] as const);
    const props = {
      ...unset,
      ...OUTPUTS,
      ...args,
      ...Object.fromEntries(marked),
      ...own,
      __progressRow: rowUrn(type, name, opts.parent),
      __provider: PROVIDER_TEXT,
    };
    const aliases = formerTypes.map((former) => ({ type: former }));
    super(type, name, props, pulumi.mergeOptions(opts, { additionalSecretOutputs: [...secrets], aliases }));
    if (opts.customTimeouts !== undefined) {
      void pulumi.log.warn(
        'customTimeouts have no effect: Pulumi does not give them to dynamic providers; set upgrade.timeouts',
        this,
      );
    }
  }
}
