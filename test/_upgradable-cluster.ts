import type { KubeObject } from '../src/kubernetes';
import { API_VERSION, type EmqxEnterprise, KIND, parseEmqxEnterprise, withDefaults } from '../src/resource';

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
