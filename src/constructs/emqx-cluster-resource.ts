import type { MqttListener } from '../resource/constants';
import type { Problem } from '../resource/problem';
import { DEFAULT_DASHBOARD_PORT, dashboardPortsOf, deviceListenersOf } from '../resource/v2beta1';
import { LISTENER_TYPES } from '../resource/v2beta1/config-data';
import type { Emqx } from '../resource/v2beta1/emqx';
import { checkEmqxCluster } from './_check-emqx-cluster';
import { configTextOf } from './_config-text';
import { givenEmqx } from './_emqx-resource';
import { LICENSE_VARIABLE } from './_node-template';
import type { Inspected } from './_shape';
import type { EmqxClusterProps } from './emqx-cluster-props';
import type { EmqxConfig } from './emqx-config';

export { emqxPropertyOf } from './_emqx-property-paths';
export { givenEmqx } from './_emqx-resource';

/** All problems of the properties of a cluster of EMQX 5 or 6 whose types were already checked. */
export function emqxClusterProblems(
  { props, problems }: Inspected<EmqxClusterProps>,
  namespace: string,
): readonly Problem[] {
  return checkEmqxCluster(props, () => givenEmqx(props, namespace), problems);
}

/** Of a configuration the part that objects beside the custom resource depend on: the ports of its listeners. No value of it is a secret. */
export function portsIn(config: EmqxConfig | undefined): EmqxConfig {
  const text = configTextOf(config, {});
  const listeners = Object.entries(deviceListenersOf(text)).map(([listener, port]) => {
    const name = `listeners.${LISTENER_TYPES[listener as MqttListener]}.default`;
    return port === undefined ? [`${name}.enable`, false] : [`${name}.bind`, port];
  });
  const { http } = dashboardPortsOf(text);
  const dashboard =
    http === undefined || http === DEFAULT_DASHBOARD_PORT ? {} : { 'dashboard.listeners.http.bind': http };
  return { ...(Object.fromEntries(listeners) as Record<string, number | boolean>), ...dashboard };
}

/** Name of the Secret from which the nodes read their license; undefined where they read it from none. */
export function licenseSecretOf({ spec }: Emqx): string | undefined {
  const variable = spec.coreTemplate?.spec?.env?.find(({ name }) => name === LICENSE_VARIABLE);
  const { secretKeyRef } = (variable?.valueFrom ?? {}) as { secretKeyRef?: { name?: string } };
  return secretKeyRef?.name;
}
