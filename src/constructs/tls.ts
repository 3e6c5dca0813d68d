import type { EmqxEnterpriseSpec } from '../resource/v1beta4/emqx-enterprise';

/**
 * The certificate of the TLS listeners: MQTT over TLS (8883), and MQTT over WebSocket and TLS (8084). Without it EMQX presents
 * the certificate of its examples, whose private key is public.
 *
 * The Secret is mounted at `/mounted/cert`. Set further settings in the configuration, for example those that require a certificate
 * from devices, too: of EMQX 4.4 `listener.ssl.external.verify`, `listener.ssl.external.cacertfile: /mounted/cert/ca.crt`; of EMQX
 * 5 and 6 `listeners.ssl.default.ssl_options`, with `verify` and `cacertfile`.
 *
 * @see EMQX Operator 2.2.29, "Enable TLS In EMQX"
 */
export interface Tls {
  /**
   * Name of a Secret of the cluster's namespace with the keys `tls.crt` (the certificate and its intermediates)
   * and `tls.key`, as cert-manager writes it. A renewed certificate in the same Secret is no upgrade; another name is one.
   */
  readonly secretName: string;
}

type PodSpec = NonNullable<NonNullable<EmqxEnterpriseSpec['template']>['spec']>;

export const TLS_VOLUME = 'emqx-tls';
const FOLDER = '/mounted/cert';

/** The settings of the TLS listeners for the certificate. */
export const TLS_CONFIG: Readonly<Record<string, string>> = {
  'listener.ssl.external': '0.0.0.0:8883',
  'listener.ssl.external.certfile': `${FOLDER}/tls.crt`,
  'listener.ssl.external.keyfile': `${FOLDER}/tls.key`,
  'listener.wss.external': '0.0.0.0:8084',
  'listener.wss.external.certfile': `${FOLDER}/tls.crt`,
  'listener.wss.external.keyfile': `${FOLDER}/tls.key`,
};

/** The same of EMQX 5 and 6. @see EMQX 5, "Listener Configuration" */
export const EMQX_TLS_CONFIG: Readonly<Record<string, string>> = Object.fromEntries(
  ['ssl', 'wss'].flatMap((listener) => [
    [`listeners.${listener}.default.ssl_options.certfile`, `${FOLDER}/tls.crt`],
    [`listeners.${listener}.default.ssl_options.keyfile`, `${FOLDER}/tls.key`],
  ]),
);

export function tlsVolume({ secretName }: Tls): NonNullable<PodSpec['volumes']>[number] {
  return { name: TLS_VOLUME, secret: { secretName } };
}

export const TLS_MOUNT = { name: TLS_VOLUME, mountPath: FOLDER, readOnly: true };
