import type { KubeObject } from '../../kubernetes/kube-api';

/** What an installed operator looks like from outside. The simulated one runs beside it, not in it. */
export const operatorDeployment = (image: string): KubeObject & { spec: object; status: object } => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'emqx-operator-controller-manager',
    namespace: 'emqx-operator-system',
    labels: { 'control-plane': 'controller-manager' },
  },
  spec: {
    replicas: 1,
    selector: { matchLabels: { 'control-plane': 'controller-manager' } },
    template: {
      metadata: { labels: { 'control-plane': 'controller-manager' } },
      spec: { containers: [{ name: 'manager', image }] },
    },
  },
  status: { replicas: 1, readyReplicas: 1 },
});
