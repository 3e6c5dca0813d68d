import * as pulumi from '@pulumi/pulumi';
import type { DeepInputs } from './deep-input';
import { kubernetesPackage } from './kubernetes-package';
import { operatorObjects, type PlainOperatorProps } from './objects';

/** Where the operator runs, and what it manages: the properties of the construct `EmqxOperator` as plain values. */
export interface EmqxOperatorArgs extends DeepInputs<PlainOperatorProps> {}

/**
 * The EMQX Operator 2.2, the last release line that supports EMQX Enterprise 4.4, with its custom resource definitions: the objects of
 * the construct `EmqxOperator`. The definitions come first. Make clusters depend on this component.
 *
 * Children: `<name>-definitions` and `<name>-objects`. Their names never change without an alias for the old one.
 */
export class EmqxOperator extends pulumi.ComponentResource {
  /**
   * @param name of the component in Pulumi
   * @param args where the operator runs
   * @param opts `providers: [kubernetes]` selects the Kubernetes cluster
   */
  constructor(name: string, args: EmqxOperatorArgs = {}, opts: pulumi.ComponentResourceOptions = {}) {
    super('emqx-blue-green:index:EmqxOperator', name, {}, opts);
    const { yaml } = kubernetesPackage();
    const objects = pulumi.output(args).apply((props) => operatorObjects(props as PlainOperatorProps));
    const definitions = new yaml.v2.ConfigGroup(`${name}-definitions`, { objs: objects.definitions }, { parent: this });
    new yaml.v2.ConfigGroup(`${name}-objects`, { objs: objects.others }, { parent: this, dependsOn: [definitions] });
    this.registerOutputs({});
  }
}
