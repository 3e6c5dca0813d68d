import type { KubeObject } from '../src/kubernetes';
import {
  API_VERSION,
  EMQX_API_VERSION,
  EMQX_KIND,
  type Emqx,
  type EmqxEnterprise,
  KIND,
  parseEmqx,
  parseEmqxEnterprise,
  withDefaults,
  withEmqxDefaults,
} from '../src/resource';

/** A complete cluster that may be upgraded. */
export function clusterOf(name: string, namespace: string, version: string): EmqxEnterprise & KubeObject {
  return withDefaults(
    parseEmqxEnterprise({
      apiVersion: API_VERSION,
      kind: KIND,
      metadata: { name, namespace },
      spec: {
        blueGreenUpdate: { evacuationStrategy: { waitTakeover: 1, connEvictRate: 100, sessEvictRate: 100 } },
        template: { spec: { emqxContainer: { image: { version } } } },
      },
    }),
  );
}

/** The same of EMQX 5 or 6, with three cores. */
export function emqxOf(name: string, namespace: string, version: string): Emqx & KubeObject {
  return withEmqxDefaults(
    parseEmqx({
      apiVersion: EMQX_API_VERSION,
      kind: EMQX_KIND,
      metadata: { name, namespace },
      spec: {
        image: `emqx/emqx-enterprise:${version}`,
        updateStrategy: { evacuationStrategy: { waitTakeover: 1, connEvictRate: 100, sessEvictRate: 100 } },
        coreTemplate: { spec: { replicas: 3 } },
      },
    }),
  );
}
