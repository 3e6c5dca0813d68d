import type { KubeObject } from '../src/kubernetes';
import { type EmqxEnterprise, parseEmqxEnterprise, withDefaults } from '../src/resource';
import { trafficService } from '../src/sandbox/traffic-service';

/** The tutorial's cluster, complete, with these rates. */
function tutorialCluster(ratePerSecond: number, initialDelaySeconds: number): EmqxEnterprise {
  return withDefaults(
    parseEmqxEnterprise({
      apiVersion: 'apps.emqx.io/v1beta4',
      kind: 'EmqxEnterprise',
      metadata: { name: 'emqx-ee' },
      spec: {
        blueGreenUpdate: {
          initialDelaySeconds,
          evacuationStrategy: { waitTakeover: 5, connEvictRate: ratePerSecond, sessEvictRate: ratePerSecond },
        },
        template: { spec: { emqxContainer: { image: { repository: 'emqx/emqx-ee', version: '4.4.14' } } } },
      },
    }),
  );
}

/** The cluster, the Service its devices enter by, and the cluster as it shall be: one version on. */
export function tutorialUpgrade(ratePerSecond: number, initialDelaySeconds: number) {
  const cluster = tutorialCluster(ratePerSecond, initialDelaySeconds);
  const desired = structuredClone(cluster);
  desired.spec.template!.spec!.emqxContainer!.image!.version = '4.4.15';
  const objects: KubeObject[] = [trafficService(cluster, 32010)];
  return { cluster, desired, objects };
}
