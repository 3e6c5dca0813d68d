import type { MqttListener } from '../resource/constants';
import { INITIAL_DELAY_ANNOTATION } from '../resource/constants';
import {
  DEFAULT_DASHBOARD_PORT,
  dashboardPortsOf,
  deviceListenersOf,
  EMQX_API_VERSION,
  EMQX_KIND,
} from '../resource/v2beta1';
import type { Emqx, EmqxSpec } from '../resource/v2beta1/emqx';
import { configTextOf } from './_config-text';
import { nodeTemplateOf } from './_node-template';
import { each } from './_pod-parts';
import { put } from './_put';
import { serviceSpecOf } from './_service-spec';
import { ApiKey } from './api-key';
import { initialDelayOf, isHeldUpdate, toUpdateStrategy } from './blue-green-update';
import type { EmqxClusterProps } from './emqx-cluster-props';
import { dashboardServiceOf } from './emqx-dashboard';
import { MqttService } from './mqtt-service';
import { EMQX_TLS_CONFIG } from './tls';

const DEFAULT_EMQX_REPOSITORY = 'emqx/emqx-enterprise';

/** The image reference of a version. */
export function emqxImageOf({ version, image = {} }: Pick<EmqxClusterProps, 'version' | 'image'>): string {
  const { registry, repository, prefix = '', suffix = '' } = image;
  return `${registry ? `${registry}/` : ''}${repository || DEFAULT_EMQX_REPOSITORY}:${prefix}${version}${suffix}`;
}

/** The text of `spec.config.data`: what is given, and behind it what other properties set. */
export function emqxConfigOf({ config, tls, dashboard }: EmqxClusterProps): string | undefined {
  return configTextOf(config, {
    ...(tls && EMQX_TLS_CONFIG),
    ...(dashboard?.port !== undefined && { 'dashboard.listeners.http.bind': dashboard.port }),
  });
}

/** Port of the dashboard and of the management API. */
export function dashboardPortOf(props: EmqxClusterProps): number {
  return dashboardPortsOf(emqxConfigOf(props)).http ?? DEFAULT_DASHBOARD_PORT;
}

/** Ports on which the nodes listen for devices; undefined for a listener that is off. */
export function emqxListenersOf(props: EmqxClusterProps): Readonly<Record<MqttListener, number | undefined>> {
  return deviceListenersOf(emqxConfigOf(props));
}

/** How devices reach the cluster; by default from inside the Kubernetes cluster. */
export function emqxServiceOf({ service, tls }: EmqxClusterProps): MqttService {
  if (service instanceof MqttService) return service;
  return MqttService.clusterIp({ listeners: tls ? ['mqtt', 'mqtts'] : ['mqtt'] });
}

/** The custom resource of a cluster as far as its properties define it; everything else gets the defaults. */
export function givenEmqx(props: EmqxClusterProps, namespace: string): Emqx {
  const spec: EmqxSpec = { image: emqxImageOf(props) };
  put(spec, 'imagePullPolicy', props.image?.pullPolicy);
  put(spec, 'imagePullSecrets', each(props.imagePullSecrets, (name) => ({ name })) as EmqxSpec['imagePullSecrets']);
  put(spec, 'serviceAccountName', props.serviceAccountName);
  put(spec, 'clusterDomain', props.clusterDomain);
  put(spec, 'bootstrapAPIKeys', each(props.apiKeys, apiKeyOf) as EmqxSpec['bootstrapAPIKeys']);
  const data = emqxConfigOf(props);
  if (data !== undefined || props.configMode !== undefined) {
    spec.config = { mode: props.configMode ?? 'Merge', ...(data !== undefined && { data }) };
  }
  put(spec, 'revisionHistoryLimit', props.revisionHistoryLimit);
  if (props.blueGreenUpdate) spec.updateStrategy = toUpdateStrategy(props.blueGreenUpdate);
  spec.coreTemplate = nodeTemplateOf(props, props.cores ?? {});
  if (props.replicants) spec.replicantTemplate = nodeTemplateOf(props, props.replicants);
  put(spec, 'dashboardServiceTemplate', dashboardServiceOf(props.dashboard, dashboardPortOf(props)));
  spec.listenersServiceTemplate = listenersServiceOf(props);
  return { apiVersion: EMQX_API_VERSION, kind: EMQX_KIND, metadata: { name: props.name, namespace }, spec };
}

/** The operator's own Service of the devices is left out where there is one of ours. */
function listenersServiceOf(props: EmqxClusterProps): NonNullable<EmqxSpec['listenersServiceTemplate']> {
  if (props.exposure !== 'operator') return { enabled: false };
  const annotations = deviceAnnotationsOf(props);
  return {
    enabled: true,
    ...(annotations && { metadata: { annotations } }),
    spec: serviceSpecOf(emqxServiceOf(props), publishedPorts(props)),
  };
}

/** The ports of the listeners; of one that is off the port it would have: the validation refuses to publish it. */
export function publishedPorts(props: EmqxClusterProps): Readonly<Record<MqttListener, number>> {
  const entries = Object.entries(emqxListenersOf(props)).map(([listener, port]) => [listener, port ?? 0] as const);
  return Object.fromEntries(entries) as Record<MqttListener, number>;
}

/** The given annotations of the Service of the devices, and the delay that a held cluster keeps there. */
export function deviceAnnotationsOf(props: EmqxClusterProps): Record<string, string> | undefined {
  const { blueGreenUpdate: update } = props;
  const { annotations } = emqxServiceOf(props).options;
  const kept = update && isHeldUpdate(update) && { [INITIAL_DELAY_ANNOTATION]: String(initialDelayOf(update)) };
  return annotations || kept ? { ...annotations, ...kept } : undefined;
}

function apiKeyOf(apiKey: unknown): unknown {
  return apiKey instanceof ApiKey ? apiKey.toWire() : apiKey;
}
