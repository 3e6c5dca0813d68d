import * as pulumi from '@pulumi/pulumi';
import type { PlainClusterProps } from '../constructs/plain-props';
import { REVISION_LABEL } from '../resource';
import { LISTENER_SETTINGS } from '../resource/listeners';
import { childrenBeside, manifestOf, refuseTwoLicenses } from './cluster-children';
import type { DeepInputs } from './deep-input';
import { EmqxEnterprise, type EmqxEnterpriseArgs } from './emqx-enterprise';
import { kubernetesPackage } from './kubernetes-package';
import { clusterObjects } from './objects';

/** Short: in a terminal of 80 columns whatever a type takes is missing for the progress. */
const TYPE = 'emqx:index:Cluster';

/** How the type was called before. */
const FORMER_TYPE = 'emqx-blue-green:index:EmqxEnterpriseCluster';

/** The properties of a cluster, with everything that belongs to it. */
export interface EmqxEnterpriseClusterArgs
  extends Omit<EmqxEnterpriseArgs, 'exposure'>,
    DeepInputs<Pick<PlainClusterProps, 'networkPolicy' | 'podDisruptionBudget'>> {
  /**
   * The license of EMQX Enterprise as text; it is stored in the Secret `<cluster>-license`. Not together with `licenseSecretName`.
   *
   * @default - that of `licenseSecretName`, or the one in the image
   */
  readonly license?: pulumi.Input<string>;

  /**
   * Whether PodMonitor, alerts and dashboard are created, too, as by the construct `EmqxMonitoring`. Needs the Prometheus Operator.
   *
   * @default false
   */
  readonly monitoring?: boolean;
}

/**
 * A cluster of EMQX Enterprise 4.4, and its other objects:
 *
 * - `<name>-license`: the Secret with the license, if that is given as text;
 * - `<name>-service`: the Service `<cluster>-mqtt` through which devices connect;
 * - `<name>-network-policy`, `<name>-disruption-budget`, `<name>-monitoring`, if requested;
 * - `<name>`: the {@link EmqxEnterprise} itself.
 *
 * The objects are those of the constructs. `@pulumi/kubernetes` and `kubeconfig`/`context` must select the same Kubernetes cluster.
 * Names of children never change without an alias for the old one.
 */
export class EmqxEnterpriseCluster extends pulumi.ComponentResource {
  /** The cluster itself. */
  readonly cluster: EmqxEnterprise;
  /** Name of the Service through which devices connect. */
  readonly serviceName: pulumi.Output<string>;

  /**
   * @param name of the component in Pulumi
   * @param args describe the cluster
   * @param opts `providers: [kubernetes]` selects the Kubernetes cluster of Service and Secret
   */
  constructor(name: string, args: EmqxEnterpriseClusterArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super(TYPE, name, {}, pulumi.mergeOptions(opts, { aliases: [{ type: FORMER_TYPE }] }));
    refuseTwoLicenses(args.license, args.licenseSecretName);
    const k8s = kubernetesPackage();
    const { license, monitoring, networkPolicy, podDisruptionBudget, service: _, ...own } = args;
    const objects = this.objects(args);
    const child = { parent: this };
    const { service, secret } = childrenBeside(this, name, {
      objects: objects.beside,
      hasNetworkPolicy: networkPolicy !== undefined,
      revisionLabel: REVISION_LABEL,
      cluster: args.name,
      namespace: args.namespace,
      license,
    });
    if (podDisruptionBudget) {
      new k8s.policy.v1.PodDisruptionBudget(
        `${name}-disruption-budget`,
        manifestOf(objects.beside, 'PodDisruptionBudget'),
        child,
      );
    }
    if (monitoring) new k8s.yaml.v2.ConfigGroup(`${name}-monitoring`, { objs: objects.monitoring }, child);
    const licenseSecretName = secret ? secret.metadata.name : args.licenseSecretName;
    this.cluster = new EmqxEnterprise(
      name,
      { ...own, ...(licenseSecretName !== undefined && { licenseSecretName }) },
      { ...child, dependsOn: [service, ...(secret ? [secret] : [])] },
    );
    this.serviceName = service.metadata.name;
    this.registerOutputs({ cluster: this.cluster, serviceName: this.serviceName });
  }

  /** Built only from the properties they need, so that a preview shows them although a version or a license is not known yet. */
  private objects(args: EmqxEnterpriseClusterArgs) {
    const { name, namespace, service, tls, networkPolicy, podDisruptionBudget, blueGreenUpdate } = args;
    // Of settings that may be secret only the ports, which are not: the Service routes there.
    const emqxConfig = pulumi.unsecret(pulumi.output(args.emqxConfig).apply(listenersOf));
    return pulumi
      .output({ name, namespace, service, tls, networkPolicy, podDisruptionBudget, blueGreenUpdate, emqxConfig })
      .apply((props) => clusterObjects({ ...props, version: ANY_VERSION } as PlainClusterProps));
  }
}

/** The settings that bind listeners. */
function listenersOf(config: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const bound: readonly string[] = Object.values(LISTENER_SETTINGS);
  return Object.fromEntries(Object.entries(config ?? {}).filter(([setting]) => bound.includes(setting)));
}

/** None of the objects beside the resource has a version in it. */
const ANY_VERSION = '4.4.14';
