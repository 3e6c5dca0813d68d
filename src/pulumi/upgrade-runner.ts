import * as pulumi from '@pulumi/pulumi';
import type { DeepInputs } from './deep-input';
import { kubernetesPackage } from './kubernetes-package';
import { type PlainRunnerProps, runnerObjects } from './objects';

/** Where the runner runs, and which clusters it upgrades: the properties of the construct `UpgradeRunner` as plain values. */
export interface UpgradeRunnerArgs extends DeepInputs<PlainRunnerProps> {}

/**
 * Upgrades clusters from inside Kubernetes, as its policy says: the objects of the construct `UpgradeRunner`. Clusters whose
 * `upgrade.runner` is `cluster` hand their upgrades over to it; make them depend on this component.
 *
 * Its child is `<name>-objects`. That name never changes without an alias for the old one.
 *
 * @see docs/runner.md
 */
export class UpgradeRunner extends pulumi.ComponentResource {
  /**
   * @param name of the component in Pulumi
   * @param args where the runner runs, and its policy
   * @param opts `providers: [kubernetes]` selects the Kubernetes cluster
   */
  constructor(name: string, args: UpgradeRunnerArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super('emqx-blue-green:index:UpgradeRunner', name, {}, opts);
    const { yaml } = kubernetesPackage();
    const objs = pulumi.output(args).apply((props) => runnerObjects(props as PlainRunnerProps));
    new yaml.v2.ConfigGroup(`${name}-objects`, { objs }, { parent: this });
    this.registerOutputs({});
  }
}
