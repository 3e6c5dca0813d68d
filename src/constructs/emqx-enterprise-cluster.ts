import { ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import {
  API_VERSION,
  DEFAULT_CLUSTER_DOMAIN,
  DEFAULT_REPLICAS,
  KIND,
  LICENSE_KEY,
  type MqttListener,
  TRAFFIC_LABEL,
} from '../resource/constants';
import { listenerPorts } from '../resource/listeners';
import { clusterLabels, complete } from '../resource/v1beta4/defaults';
import type { EmqxEnterprise } from '../resource/v1beta4/emqx-enterprise';
import { imageOf } from '../resource/v1beta4/image';
import { Findings } from './_findings';
import { namespaceOf } from './_namespace';
import { deviceServiceOf, serviceAnnotationsOf, serviceSpecOf } from './_service-spec';
import type { Inspected } from './_shape';
import { takenName, watchNames } from './_sole-names';
import { warningsOf } from './_warnings';
import type { BlueGreenUpdate } from './blue-green-update';
import { inspectClusterProps } from './cluster-parts';
import { clusterProblems, givenResource } from './cluster-resource';
import type { EmqxEnterpriseClusterProps } from './emqx-enterprise-cluster-props';
import { License } from './license';
import type { MqttService } from './mqtt-service';
import { networkPolicyOf } from './network-policy';
import { podDisruptionBudgetOf } from './pod-disruption-budget';

/**
 * A cluster of EMQX Enterprise 4.4 that the EMQX Operator runs, and the Service through which devices reach it.
 *
 * Renders
 * - the complete custom resource EmqxEnterprise: with everything that the operator's webhook would fill in, so that a diff shows
 *   only your own changes;
 * - the Service `<name>-mqtt`, unless the operator is to create it;
 * - the Secret `<name>-license`, if the license is given as text;
 * - a NetworkPolicy and a PodDisruptionBudget, both named like the cluster, if requested.
 *
 * Patch what the properties cannot express: `ApiObject.of(cluster).addJsonPatch(...)`. Labels and annotations of the custom
 * resource must not change while the cluster exists: a change triggers an upgrade by the operator, or orphans the nodes. So it does
 * not get those of the chart.
 *
 * @see EMQX Operator 2.2.29, `apps.emqx.io/v1beta4`
 */
export class EmqxEnterpriseCluster extends Construct {
  /** Name of the custom resource; what belongs to the cluster is named after it. */
  readonly name: string;
  /** Namespace of all objects. */
  readonly namespace: string;
  /** Version of EMQX Enterprise. */
  readonly version: string;
  /** Number of EMQX nodes. */
  readonly replicas: number;
  /** DNS domain of the Kubernetes cluster. */
  readonly clusterDomain: string;
  /** Name of the Service through which devices reach the cluster. */
  readonly serviceName: string;
  /** Name of the Secret that holds the license; undefined without one. */
  readonly licenseSecretName: string | undefined;
  private readonly inspected: Inspected<EmqxEnterpriseClusterProps>;
  private readonly service: MqttService;
  /** Ports on which the nodes listen for devices. */
  private readonly ports: Readonly<Record<MqttListener, number>>;

  constructor(scope: Construct, id: string, given: EmqxEnterpriseClusterProps) {
    super(scope, id);
    this.inspected = inspectClusterProps(given);
    const { props } = this.inspected;
    this.ports = listenerPorts(props.emqxConfig);
    this.name = props.name;
    this.namespace = namespaceOf(this, props.namespace);
    this.version = props.version;
    this.replicas = props.replicas ?? DEFAULT_REPLICAS;
    this.clusterDomain = props.clusterDomain ?? DEFAULT_CLUSTER_DOMAIN;
    this.serviceName = props.exposure === 'operator' ? props.name : `${props.name}-mqtt`;
    const license = props.license instanceof License ? props.license : undefined;
    this.licenseSecretName = license?.secretNameFor(props.name);
    this.service = deviceServiceOf(props);

    this.addResource();
    if (props.exposure !== 'operator') this.addTrafficService(props.blueGreenUpdate);
    this.addLicense(license?.text());
    this.addProtection();

    watchNames(this);
    // Once: cdk8s validates the whole app for each of its charts.
    let messages: string[] | undefined;
    this.node.addValidation({ validate: () => (messages ??= this.validate()) });
  }

  /** The whole image reference, for example `emqx/emqx-ee:4.4.14`. */
  get image(): string {
    return imageOf({ ...this.inspected.props.image, version: this.version });
  }

  /** The complete custom resource, a new object each time. */
  get resource(): EmqxEnterprise {
    const resource = givenResource(this.inspected.props, this.namespace);
    complete(resource);
    return resource;
  }

  /**
   * Warnings about valid but risky properties. Synthesis emits each as a process warning, which Node writes to stderr:
   * handle them with `process.on('warning', …)`, or suppress them with `--no-warnings`.
   */
  get warnings(): readonly string[] {
    return warningsOf(this.inspected.props, this.service);
  }

  private addResource(): void {
    // cdk8s adds the chart's labels to every object. A change of those would cost the operator its nodes.
    const labels: Record<string, string | undefined> = clusterLabels(this.name);
    for (const inherited of Object.keys(Chart.of(this).labels)) labels[inherited] ??= undefined;
    new ApiObject(this, 'Resource', {
      apiVersion: API_VERSION,
      kind: KIND,
      metadata: { name: this.name, namespace: this.namespace, labels: labels as Record<string, string> },
      // A token of cdk8s: the resource is created when it is rendered, and need not be kept until then.
      spec: { resolve: () => this.resource.spec },
    });
  }

  private addTrafficService(update: BlueGreenUpdate | undefined): void {
    new ApiObject(this, 'Service', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: this.serviceName,
        namespace: this.namespace,
        labels: { [TRAFFIC_LABEL]: this.name },
        annotations: serviceAnnotationsOf(this.service, update),
      },
      spec: { ...serviceSpecOf(this.service, this.ports), selector: clusterLabels(this.name) },
    });
  }

  private addLicense(text: string | undefined): void {
    if (text === undefined) return;
    new ApiObject(this, 'License', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: this.licenseSecretName, namespace: this.namespace },
      stringData: { [LICENSE_KEY]: text },
    });
  }

  private addProtection(): void {
    const { name, namespace } = this;
    const listeners = Array.from(this.service.listeners, (listener) => this.ports[listener]);
    const { networkPolicy, podDisruptionBudget } = this.inspected.props;
    if (networkPolicy) {
      new ApiObject(this, 'NetworkPolicy', networkPolicyOf({ name, namespace, listeners }, networkPolicy));
    }
    if (podDisruptionBudget) {
      new ApiObject(this, 'PodDisruptionBudget', podDisruptionBudgetOf({ name, namespace }, podDisruptionBudget));
    }
  }

  private validate(): string[] {
    const findings = new Findings(clusterProblems(this.inspected, this.namespace));
    findings.report('name', this.name, takenName(this, 'choose another name, or another namespace'));
    const messages = findings.messages();
    if (messages.length > 0) return messages;
    for (const warning of this.warnings) process.emitWarning(`[${this.node.path}] ${warning}`, 'EmqxEnterpriseCluster');
    return messages;
  }
}
