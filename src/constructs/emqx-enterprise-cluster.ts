import { ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import {
  API_VERSION,
  DEFAULT_CLUSTER_DOMAIN,
  DEFAULT_NAMESPACE,
  DEFAULT_REPLICAS,
  INITIAL_DELAY_ANNOTATION,
  KIND,
  LICENSE_KEY,
  MQTT_PORTS,
  TRAFFIC_LABEL,
} from '../resource/constants';
import { clusterLabels, withDefaults } from '../resource/defaults';
import type { EmqxEnterprise } from '../resource/emqx-enterprise';
import { imageOf } from '../resource/image';
import { problemsOf } from '../resource/parse';
import { formatProblem } from '../resource/problem';
import { clusterName, emqxVersion, replicas } from '../resource/rules';
import { checkMqttService } from './_check-service';
import { Findings } from './_findings';
import { type BlueGreenUpdate, checkBlueGreenUpdate, initialDelayOf, toWire } from './blue-green-update';
import type { EmqxImage } from './emqx-image';
import { checkLicense, License } from './license';
import { MqttService } from './mqtt-service';

export interface EmqxEnterpriseClusterProps {
  /**
   * Name of the cluster: a DNS label of at most 41 characters, starting with a letter. It cannot be changed later, for the
   * host names of the nodes are made of it.
   */
  readonly name: string;

  /**
   * Namespace of the cluster and of all that belongs to it.
   *
   * @default - the chart's namespace, or "default"
   */
  readonly namespace?: string;

  /**
   * Version of EMQX Enterprise, from 4.4.14 up to, but not including, 5.0.0. Another version is an upgrade.
   */
  readonly version: string;

  /**
   * Where the image comes from.
   *
   * @default - emqx/emqx-ee of the container runtime's own registry
   */
  readonly image?: EmqxImage;

  /**
   * Number of EMQX nodes.
   *
   * @default 3
   */
  readonly replicas?: number;

  /**
   * License of EMQX Enterprise.
   *
   * @default - the one the image brings, if any
   */
  readonly license?: License;

  /**
   * How an upgrade replaces the nodes.
   *
   * @default - in place: each node is restarted in turn, and drops its connections
   */
  readonly blueGreenUpdate?: BlueGreenUpdate;

  /**
   * How devices reach the cluster.
   *
   * @default MqttService.clusterIp()
   */
  readonly service?: MqttService;

  /**
   * DNS domain of the Kubernetes cluster.
   *
   * @default "cluster.local"
   */
  readonly clusterDomain?: string;

  /**
   * Settings of `emqx.conf` by their dotted names, for example `{ 'mqtt.max_packet_size': '2MB' }`. Another setting is an
   * upgrade.
   *
   * @default - EMQX's own, and those by which the nodes find each other
   * @see EMQX Enterprise 4.4, "Configuration"
   */
  readonly emqxConfig?: Readonly<Record<string, string>>;
}

/**
 * A cluster of EMQX Enterprise 4.4 that the EMQX Operator runs, and the Service through which devices reach it.
 *
 * Renders
 * - the custom resource EmqxEnterprise, complete: with all that the operator's webhook would fill in, so that a diff shows
 *   your own changes only;
 * - the Service `<name>-mqtt`;
 * - the Secret `<name>-license`, if the license is given as text.
 *
 * What the properties cannot say is patched: `ApiObject.of(cluster).addJsonPatch(...)`. Labels and annotations of the custom
 * resource must not change while the cluster lives: the operator takes them for an upgrade, or loses its nodes. So those of
 * the chart are left off it.
 *
 * @see EMQX Operator 2.2.29, `apps.emqx.io/v1beta4`
 */
export class EmqxEnterpriseCluster extends Construct {
  readonly name: string;
  readonly namespace: string;
  /** The whole image reference, for example `emqx/emqx-ee:4.4.14`. */
  readonly image: string;
  readonly version: string;
  readonly replicas: number;
  readonly clusterDomain: string;
  /** Name of the Service through which devices reach the cluster. */
  readonly serviceName: string;
  /** Name of the Secret that holds the license; undefined without one. */
  readonly licenseSecretName: string | undefined;
  /** The complete custom resource. */
  readonly resource: EmqxEnterprise;

  constructor(scope: Construct, id: string, props: EmqxEnterpriseClusterProps) {
    super(scope, id);
    this.name = props.name;
    this.namespace = props.namespace ?? Chart.of(this).namespace ?? DEFAULT_NAMESPACE;
    this.image = imageOf({ ...props.image, version: props.version });
    this.version = props.version;
    this.replicas = props.replicas ?? DEFAULT_REPLICAS;
    this.clusterDomain = props.clusterDomain ?? DEFAULT_CLUSTER_DOMAIN;
    this.serviceName = `${props.name}-mqtt`;
    const text = props.license instanceof License ? props.license.text() : undefined;
    this.licenseSecretName = text === undefined ? props.license?.secretName : `${props.name}-license`;

    this.resource = this.render(props);
    this.addResource();
    this.addTrafficService(
      props.service instanceof MqttService ? props.service : MqttService.clusterIp(),
      props.blueGreenUpdate,
    );
    if (text !== undefined) {
      new ApiObject(this, 'License', {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: this.licenseSecretName, namespace: this.namespace },
        stringData: { [LICENSE_KEY]: text },
      });
    }
    this.node.addValidation({ validate: () => this.problems(props) });
  }

  private render(props: EmqxEnterpriseClusterProps): EmqxEnterprise {
    return withDefaults({
      apiVersion: API_VERSION,
      kind: KIND,
      metadata: { name: this.name, namespace: this.namespace },
      spec: {
        replicas: this.replicas,
        clusterDomain: this.clusterDomain,
        ...(this.licenseSecretName !== undefined && { license: { secretName: this.licenseSecretName } }),
        ...(props.blueGreenUpdate && { blueGreenUpdate: toWire(props.blueGreenUpdate) }),
        template: {
          spec: {
            emqxContainer: { image: { ...props.image, version: this.version }, emqxConfig: { ...props.emqxConfig } },
          },
        },
      },
    });
  }

  private addResource(): void {
    const { metadata, ...rest } = this.resource;
    // cdk8s adds the chart's labels to every object. A change of those would cost the operator its nodes.
    const notInherited = Object.fromEntries(Object.keys(Chart.of(this).labels).map((key) => [key, undefined]));
    const labels = { ...notInherited, ...metadata.labels } as Record<string, string>;
    new ApiObject(this, 'Resource', { ...rest, metadata: { ...metadata, labels } });
  }

  private addTrafficService(service: MqttService, update: BlueGreenUpdate | undefined): void {
    const annotations = {
      ...service.annotations,
      ...(update?.hold && { [INITIAL_DELAY_ANNOTATION]: String(initialDelayOf(update)) }),
    };
    new ApiObject(this, 'Service', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: this.serviceName,
        namespace: this.namespace,
        labels: { [TRAFFIC_LABEL]: this.name },
        ...(Object.keys(annotations).length > 0 && { annotations }),
      },
      spec: {
        type: service.type,
        selector: clusterLabels(this.name),
        ports: [...service.listeners].map((listener) => {
          const nodePort = service.nodePorts[listener];
          const port = MQTT_PORTS[listener];
          return {
            name: listener,
            port,
            targetPort: port,
            protocol: 'TCP',
            ...(typeof nodePort === 'number' && { nodePort }),
          };
        }),
      },
    });
  }

  /** First what the properties say; only if that is sound, whether the resource made of them is. */
  private problems(props: EmqxEnterpriseClusterProps): string[] {
    const findings = new Findings();
    findings.check('name', props.name, clusterName);
    findings.check('version', props.version, emqxVersion);
    findings.check('replicas', props.replicas, replicas);
    if (props.license !== undefined) checkLicense(findings, 'license', props.license);
    if (props.blueGreenUpdate !== undefined) checkBlueGreenUpdate(findings, 'blueGreenUpdate', props.blueGreenUpdate);
    if (props.service !== undefined) checkMqttService(findings, 'service', props.service);
    const messages = findings.messages();
    return messages.length > 0 ? messages : problemsOf(this.resource).map(formatProblem);
  }
}
