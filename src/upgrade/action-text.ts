import type { Action } from './step';

/** An action as text for the log of a run. @param version what the old nodes run */
export function actionText(action: Action, version: string): string {
  switch (action.do) {
    case 'select-traffic':
      return `Service ${action.service} → ${action.revision ?? 'all nodes of the cluster'}`;
    case 'route-to-unready':
      return `Service ${action.service} → ${action.wanted ? 'also pods that are not ready' : 'ready pods only'}`;
    case 'lead-traffic':
      return `Endpoints ${action.service} → ${action.revision}`;
    case 'patch-resource':
      return action.why;
    case 'revert-resource':
      return `restore version ${version}, with the operator held`;
    case 'mark-serving':
      return `${action.serving ? 'open' : 'close'} the readiness gate of ${action.pod}`;
    case 'start-evacuation': {
      const { connectionsPerSecond, sessionsPerSecond } = action.order;
      return `evacuate ${action.pod} at ${connectionsPerSecond}/s, sessions at ${sessionsPerSecond}/s`;
    }
    case 'stop-evacuation':
      return `stop the evacuation of ${action.pod}`;
    case 'scale-set':
      return `scale ${action.set} to ${action.replicas}`;
    case 'remove-set':
      return `remove ${action.set} and its volume claims`;
    case 'move-storage':
      return `move the durable storage ${action.storage} to ${action.sites.length} cores`;
    case 'force-leave':
      return `make ${action.node} leave the EMQX cluster`;
  }
}
