import { asEnterprise } from '../src/resource';
import type { Site } from './_site';

/** What is left of an upgrade that has ended. */
export function remainsOf(site: Site) {
  return site.look(async ({ cluster }) => {
    const { resource, sets, pods, traffic, lease, journal } = await cluster.observe();
    return {
      version: asEnterprise(resource).spec.template?.spec?.emqxContainer?.image?.version,
      initialDelaySeconds: asEnterprise(resource).spec.blueGreenUpdate?.initialDelaySeconds,
      condition: resource.status?.conditions?.[0]?.type,
      operatorUpgrades: asEnterprise(resource).status?.blueGreenUpdateStatus !== undefined,
      setSizes: sets.map(({ replicas, readyReplicas }) => [replicas, readyReplicas]).sort(),
      pods: pods.length,
      trafficIsPinned: traffic.some(({ revision }) => revision !== undefined),
      lease: lease?.holder,
      phase: journal?.phase,
    };
  });
}

/** What is left of one that went well. */
export const AT_REST: Awaited<ReturnType<typeof remainsOf>> = {
  version: '4.4.15',
  initialDelaySeconds: 5,
  condition: 'Running',
  operatorUpgrades: false,
  setSizes: [
    [0, 0],
    [3, 3],
  ],
  pods: 3,
  trafficIsPinned: false,
  lease: undefined,
  phase: 'done',
};
