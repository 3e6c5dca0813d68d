import type { Action } from './step';
import type { UpgradeContext } from './upgrade-context';

/** Takes an action that needs only its own data. */
export function perform(
  action: Exclude<Action, { do: 'patch-resource' | 'revert-resource' }>,
  { cluster, emqx, members, durable }: UpgradeContext,
  signal?: AbortSignal,
): Promise<void> | undefined {
  switch (action.do) {
    case 'select-traffic':
      return cluster.selectTraffic(action.service, action.revision, signal);
    case 'route-to-unready':
      return cluster.routeToUnready(action.service, action.wanted, signal);
    case 'lead-traffic':
      return cluster.leadTraffic(action.service, action.revision, signal);
    case 'mark-serving':
      return cluster.markServing(action.pod, action.serving, signal);
    case 'start-evacuation':
      return emqx.startEvacuation(action.pod, action.node, action.order, signal);
    case 'stop-evacuation':
      return emqx.stopEvacuation(action.pod, action.node, signal);
    case 'scale-set':
      return cluster.scaleSet(action.set, action.replicas, signal);
    case 'remove-set':
      return cluster.removeSet(action.set, signal);
    case 'move-storage':
      return durable?.moveReplicas(action.pod, action.storage, action.sites, signal);
    case 'force-leave':
      return members?.forceLeave(action.pod, action.node, signal);
  }
}
