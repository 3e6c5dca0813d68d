import * as pulumi from '@pulumi/pulumi';
import { portsIn } from '../constructs/emqx-cluster-resource';
import type { EmqxConfig } from '../constructs/emqx-config';
import type { PlainEmqxProps, PlainReplicantOptions } from '../constructs/plain-emqx-props';
import type { RenderedObject } from '../constructs/rendered';
import { POD_TEMPLATE_HASH_LABEL } from '../resource';
import { childrenBeside, refuseTwoLicenses } from './cluster-children';
import type { DeepInputs } from './deep-input';
import { Emqx, type EmqxArgs } from './emqx';
import { kubernetesPackage } from './kubernetes-package';
import { emqxClusterObjects, emqxMonitoringObjects } from './objects';

/** Short: in a terminal of 80 columns whatever a type takes is missing for the progress. */
const TYPE = 'emqx:index:Cluster5';

/** The properties of a cluster of EMQX 5 or 6, with everything that belongs to it. */
export interface EmqxClusterArgs extends Omit<EmqxArgs, 'exposure'>, DeepInputs<Pick<PlainEmqxProps, 'networkPolicy'>> {
  /**
   * The license of EMQX as text; it is stored in the Secret `<cluster>-license`. Not together with `licenseSecretName`.
   *
   * @default - that of `licenseSecretName`, or the one in `config`, or else the built-in one
   */
  readonly license?: pulumi.Input<string>;

  /**
   * Whether PodMonitor, alerts and dashboard are created, too, as by the construct `EmqxMonitoring`. Needs the Prometheus Operator.
   *
   * @default false
   */
  readonly monitoring?: boolean;

  /**
   * Name of a Secret of the cluster's namespace with the API key by which Prometheus reads the metrics, under `key` and `secret`. From
   * EMQX 6.3.0 on, and where `prometheus.enable_basic_auth` is true, nodes refuse every scrape without one.
   *
   * @default - metrics are read without
   */
  readonly metricsKeySecretName?: pulumi.Input<string>;
}

/**
 * A cluster of EMQX 5 or 6, and its other objects:
 *
 * - `<name>-license`: the Secret with the license, if that is given as text;
 * - `<name>-service`: the Service `<cluster>-mqtt` through which devices connect: to replicants where there are any, else to cores;
 * - `<name>-network-policy`, `<name>-monitoring`, if requested;
 * - `<name>`: the {@link Emqx} itself.
 *
 * The objects are those of the constructs. `@pulumi/kubernetes` and `kubeconfig`/`context` must select the same Kubernetes cluster.
 * Names of children never change without an alias for the old one.
 */
export class EmqxCluster extends pulumi.ComponentResource {
  /** The cluster itself. */
  readonly cluster: Emqx;
  /** Name of the Service through which devices connect. */
  readonly serviceName: pulumi.Output<string>;

  /**
   * @param name of the component in Pulumi
   * @param args describe the cluster
   * @param opts `providers: [kubernetes]` selects the Kubernetes cluster of Service and Secret
   */
  constructor(name: string, args: EmqxClusterArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super(TYPE, name, {}, opts);
    refuseTwoLicenses(args.license, args.licenseSecretName);
    const { license, networkPolicy, monitoring, metricsKeySecretName, service: _, ...own } = args;
    const { service, secret } = childrenBeside(this, name, {
      objects: objectsOf(args),
      hasNetworkPolicy: networkPolicy !== undefined,
      revisionLabel: POD_TEMPLATE_HASH_LABEL,
      cluster: args.name,
      namespace: args.namespace,
      // It becomes a variable, in which a line break would count.
      license: license === undefined ? undefined : pulumi.output(license).apply((text) => text.trim()),
    });
    if (monitoring) {
      const { yaml } = kubernetesPackage();
      const { name: cluster, namespace, version, blueGreenUpdate } = args;
      const objs = pulumi
        .output({ cluster, namespace, version, blueGreenUpdate, metricsKeySecretName })
        .apply(({ cluster: named, metricsKeySecretName: key, ...props }) =>
          emqxMonitoringObjects({ ...props, name: named } as PlainEmqxProps, key),
        );
      new yaml.v2.ConfigGroup(`${name}-monitoring`, { objs }, { parent: this });
    }
    const licenseSecretName = secret ? secret.metadata.name : args.licenseSecretName;
    this.cluster = new Emqx(
      name,
      { ...own, ...(licenseSecretName !== undefined && { licenseSecretName }) },
      { parent: this, dependsOn: [service, ...(secret ? [secret] : [])] },
    );
    this.serviceName = service.metadata.name;
    this.registerOutputs({ cluster: this.cluster, serviceName: this.serviceName });
  }
}

/** Built only from the properties they need, so that a preview shows them although a version or a license is not known yet. */
function objectsOf(args: EmqxClusterArgs): pulumi.Output<RenderedObject[]> {
  const { name, namespace, service, tls, dashboard, networkPolicy, blueGreenUpdate } = args;
  // Of properties in which secrets may be only the ports and the number of replicants, which are none.
  const config: pulumi.Output<unknown> = pulumi.unsecret(
    unknownly(args.config).apply((given) => portsIn(given as EmqxConfig | undefined)),
  );
  const replicants: pulumi.Output<unknown> = pulumi.unsecret(replicantsOf(args));
  return pulumi
    .output({ name, namespace, service, tls, dashboard, networkPolicy, blueGreenUpdate, config, replicants })
    .apply((props) => emqxClusterObjects({ ...props, version: ANY_VERSION } as PlainEmqxProps));
}

/** Only how many there are: a variable that is not known yet does not matter. */
function replicantsOf({ replicants }: EmqxClusterArgs): pulumi.Output<{ replicas?: number | undefined } | undefined> {
  if (typeof replicants === 'object' && 'replicas' in replicants) {
    return pulumi.output({ replicas: replicants.replicas });
  }
  return unknownly(replicants).apply((given) => {
    const group = given as PlainReplicantOptions | undefined;
    return group && { replicas: group.replicas };
  });
}

/** Without its type, in which the compiler would follow the configuration without end. */
function unknownly(given: unknown): pulumi.Output<unknown> {
  return pulumi.output(given) as pulumi.Output<unknown>;
}

/** None of the objects beside the resource has a version in it. */
const ANY_VERSION = '5.8.9';
