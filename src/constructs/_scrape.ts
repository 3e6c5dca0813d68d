import type { EmqxResource } from '../resource/generations';
import { clusterLabels } from '../resource/v1beta4/defaults';
import { DASHBOARD_PORT_NAME } from '../resource/v2beta1';
import { ROLE, SET_LABEL } from './_metrics';

type Kind = EmqxResource['kind'];

/** Where a node has its metrics. @see EMQX Enterprise 4.4, `emqx_prometheus`; EMQX 5, `emqx_prometheus_api.erl` */
const ENDPOINT = {
  EmqxEnterprise: { path: '/api/v4/emqx_prometheus', params: { type: ['prometheus'] } },
  EMQX: { path: '/api/v5/prometheus/stats' }, // by default of the node alone
} as const satisfies Readonly<Record<Kind, object>>;

/** The pod of a stateful set ends with its number, that of a replica set with five random characters. */
const POD_OF_SET = { EmqxEnterprise: '(.+)-[0-9]+', EMQX: '(.+)-[^-]+' } as const satisfies Readonly<
  Record<Kind, string>
>;

/** `spec` of the PodMonitor of a cluster. @param secretName of the Secret with an API key */
export function podMonitorSpecOf(kind: Kind, cluster: string, secretName: string | undefined): object {
  const role = '__meta_kubernetes_pod_label_apps_emqx_io_db_role';
  return {
    selector: { matchLabels: clusterLabels(cluster) },
    podMetricsEndpoints: [
      {
        port: DASHBOARD_PORT_NAME,
        ...ENDPOINT[kind],
        interval: '5s',
        ...(secretName !== undefined && {
          basicAuth: { username: { name: secretName, key: 'key' }, password: { name: secretName, key: 'secret' } },
        }),
        relabelings: [
          { action: 'replace', targetLabel: 'cluster', replacement: cluster },
          { action: 'replace', targetLabel: 'from', replacement: 'emqx' },
          { action: 'replace', targetLabel: 'instance', sourceLabels: ['pod'] },
          ...(kind === 'EMQX' ? [{ action: 'replace', targetLabel: ROLE, sourceLabels: [role] }] : []),
          { action: 'replace', targetLabel: SET_LABEL[kind], sourceLabels: ['pod'], regex: POD_OF_SET[kind] },
        ],
      },
    ],
  };
}
