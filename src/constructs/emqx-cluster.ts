import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { DEFAULT_CLUSTER_DOMAIN, LICENSE_KEY, TRAFFIC_LABEL } from '../resource/constants';
import {
  completeEmqx,
  DEFAULT_EMQX_REPLICAS,
  EMQX_API_VERSION,
  EMQX_KIND,
  emqxLabels,
  namesOf,
  servingRoleOf,
} from '../resource/v2beta1';
import type { Emqx } from '../resource/v2beta1/emqx';
import { checkEmqxCluster } from './_check-emqx-cluster';
import {
  dashboardPortOf,
  deviceAnnotationsOf,
  emqxImageOf,
  emqxServiceOf,
  givenEmqx,
  publishedPorts,
} from './_emqx-resource';
import { emqxWarningsOf } from './_emqx-warnings';
import { Findings } from './_findings';
import { namespaceOf } from './_namespace';
import { serviceSpecOf } from './_service-spec';
import type { Inspected } from './_shape';
import { takenName, watchNames } from './_sole-names';
import { inspectEmqxProps } from './emqx-cluster-parts';
import type { EmqxClusterProps } from './emqx-cluster-props';
import { License } from './license';
import { networkPolicyOf } from './network-policy';

/**
 * A cluster of EMQX 5 or 6 that the EMQX Operator runs, and the Service through which devices reach it: cores alone, or cores and
 * replicants.
 *
 * Renders
 * - the complete custom resource EMQX: with everything that its definition would fill in, so that a diff shows only your own changes;
 * - the Service `<name>-mqtt`, unless the operator is to create it; it leads to replicants where there are any, else to cores;
 * - the Secret `<name>-license`, if the license is given as text;
 * - a NetworkPolicy named like the cluster, if requested.
 *
 * Patch what the properties cannot express: `ApiObject.of(cluster).addJsonPatch(...)`.
 *
 * @see EMQX Operator 2.2.29, `apps.emqx.io/v2beta1`
 */
export class EmqxCluster extends Construct {
  /** Name of the custom resource; what belongs to the cluster is named after it. */
  readonly name: string;
  /** Namespace of all objects. */
  readonly namespace: string;
  /** Version of EMQX. */
  readonly version: string;
  /** Number of cores. */
  readonly cores: number;
  /** Number of replicants; 0 without any. */
  readonly replicants: number;
  /** DNS domain of the Kubernetes cluster. */
  readonly clusterDomain: string;
  /** Name of the Service through which devices reach the cluster. */
  readonly serviceName: string;
  /** Name of the Service of the dashboard; undefined without one. */
  readonly dashboardServiceName: string | undefined;
  /** Name of the Secret that holds the license; undefined without one. */
  readonly licenseSecretName: string | undefined;
  private readonly inspected: Inspected<EmqxClusterProps>;

  constructor(scope: Construct, id: string, given: EmqxClusterProps) {
    super(scope, id);
    this.inspected = inspectEmqxProps(given);
    const { props } = this.inspected;
    this.name = props.name;
    this.namespace = namespaceOf(this, props.namespace);
    this.version = props.version;
    this.cores = props.cores?.replicas ?? DEFAULT_EMQX_REPLICAS;
    this.replicants = props.replicants ? (props.replicants.replicas ?? DEFAULT_EMQX_REPLICAS) : 0;
    this.clusterDomain = props.clusterDomain ?? DEFAULT_CLUSTER_DOMAIN;
    const names = namesOf(props.name);
    this.serviceName = props.exposure === 'operator' ? names.listenersService : `${props.name}-mqtt`;
    this.dashboardServiceName = props.dashboard?.service === 'none' ? undefined : names.dashboardService;
    const license = props.license instanceof License ? props.license : undefined;
    this.licenseSecretName = license?.secretNameFor(props.name);

    new ApiObject(this, 'Resource', {
      apiVersion: EMQX_API_VERSION,
      kind: EMQX_KIND,
      metadata: { name: this.name, namespace: this.namespace },
      // A token of cdk8s: the resource is created when it is rendered, and need not be kept until then.
      spec: { resolve: () => this.resource.spec },
    });
    if (props.exposure !== 'operator') this.addTrafficService();
    this.addLicense(license?.text());
    this.addNetworkPolicy();

    watchNames(this);
    // Once: cdk8s validates the whole app for each of its charts.
    let messages: string[] | undefined;
    this.node.addValidation({ validate: () => (messages ??= this.validate()) });
  }

  /** The whole image reference, for example `emqx/emqx-enterprise:5.8.9`. */
  get image(): string {
    return emqxImageOf(this.inspected.props);
  }

  /** Port of the dashboard and of the management API. */
  get dashboardPort(): number {
    return dashboardPortOf(this.inspected.props);
  }

  /** The complete custom resource, a new object each time. */
  get resource(): Emqx {
    const resource = givenEmqx(this.inspected.props, this.namespace);
    completeEmqx(resource);
    return resource;
  }

  /**
   * Warnings about valid but risky properties. Synthesis emits each as a process warning, which Node writes to stderr:
   * handle them with `process.on('warning', …)`, or suppress them with `--no-warnings`.
   */
  get warnings(): readonly string[] {
    return emqxWarningsOf(this.inspected.props);
  }

  /** An upgrade adds the label of one set to the selector; until then it leads to all nodes that devices connect to. */
  private addTrafficService(): void {
    const { props } = this.inspected;
    new ApiObject(this, 'Service', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: this.serviceName,
        namespace: this.namespace,
        labels: { [TRAFFIC_LABEL]: this.name },
        annotations: deviceAnnotationsOf(props),
      },
      spec: {
        ...serviceSpecOf(emqxServiceOf(props), publishedPorts(props)),
        selector: emqxLabels(this.name, servingRoleOf(givenEmqx(props, this.namespace))),
      },
    });
  }

  private addLicense(text: string | undefined): void {
    if (text === undefined) return;
    new ApiObject(this, 'License', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: this.licenseSecretName, namespace: this.namespace },
      // It becomes a variable, in which a line break would count.
      stringData: { [LICENSE_KEY]: typeof text === 'string' ? text.trim() : text },
    });
  }

  private addNetworkPolicy(): void {
    const { name, namespace, dashboardPort } = this;
    const { props } = this.inspected;
    if (!props.networkPolicy) return;
    const ports = publishedPorts(props);
    const listeners = Array.from(emqxServiceOf(props).listeners, (listener) => ports[listener]);
    const target = { name, namespace, listeners, management: dashboardPort, dashboard: dashboardPort };
    new ApiObject(this, 'NetworkPolicy', networkPolicyOf(target, props.networkPolicy));
  }

  private validate(): string[] {
    const { props, problems } = this.inspected;
    const findings = new Findings(checkEmqxCluster(props, () => givenEmqx(props, this.namespace), problems));
    findings.report('name', this.name, takenName(this, 'choose another name, or another namespace'));
    const messages = findings.messages();
    if (messages.length > 0) return messages;
    for (const warning of this.warnings) process.emitWarning(`[${this.node.path}] ${warning}`, 'EmqxCluster');
    return messages;
  }
}
