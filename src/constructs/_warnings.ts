import { isHeldUpdate } from './blue-green-update';
import type { EmqxEnterpriseClusterProps } from './emqx-enterprise-cluster-props';
import type { MqttService } from './mqtt-service';

/** Warnings about valid but risky properties: each says what, why, and what to do. */
export function warningsOf(props: EmqxEnterpriseClusterProps, service: MqttService): string[] {
  return [...warningsOfUpdate(props), ...warningsOfExposure(props, service), ...warningsOfTls(props, service)];
}

/** @see docs/measured.md */
function warningsOfUpdate({ blueGreenUpdate }: EmqxEnterpriseClusterProps): string[] {
  if (!blueGreenUpdate) {
    return [
      "'blueGreenUpdate' (missing) lets the operator restart the nodes in place when the version changes: all devices are disconnected, most " +
        'of them at once; set it, with the rates at which devices may be moved',
    ];
  }
  if (isHeldUpdate(blueGreenUpdate)) return [];
  return [
    "'blueGreenUpdate.hold' (false) lets the operator upgrade on its own as soon as a changed version is applied. Measured, that " +
      'kept 0 of 300 persistent sessions, and disconnected 1,856 to 2,026 devices in one second where 100 were requested; leave it out, ' +
      'and the new nodes wait for `emqx-blue-green upgrade`, which moves each device once',
  ];
}

function warningsOfExposure({ exposure }: EmqxEnterpriseClusterProps, { type }: MqttService): string[] {
  if (exposure !== 'operator') return [];
  const published =
    `'exposure' ("operator") makes the operator's Service a ${type}, which publishes the management API (8081) and the ` +
    'dashboard (18083), too, with well-known credentials; restrict access to these ports';
  const shared =
    '\'exposure\' ("operator") routes devices to old and new nodes alike while the operator builds the new ones, so that a few reach ' +
    'them early; leave it out, and the cluster gets a Service that switches';
  return type === 'ClusterIP' ? [shared] : [published, shared];
}

function warningsOfTls({ tls, emqxConfig }: EmqxEnterpriseClusterProps, { listeners }: MqttService): string[] {
  const secure = { mqtts: 'listener.ssl.external.certfile', wss: 'listener.wss.external.certfile' } as const;
  const used = (['mqtts', 'wss'] as const).filter((listener) => listeners.includes(listener));
  if (tls) {
    const unused = "'tls' is used by no listener of the Service; publish mqtts or wss, too";
    return used.length > 0 ? [] : [unused];
  }
  return used
    .filter((listener) => emqxConfig?.[secure[listener]] === undefined)
    .map(
      (listener) =>
        `'service' publishes ${listener} with the certificate of EMQX's examples, whose private key is public; ` +
        'give a certificate by tls',
    );
}
