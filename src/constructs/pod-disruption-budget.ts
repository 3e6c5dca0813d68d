import { clusterLabels } from '../resource/v1beta4/defaults';
import { atLeastOne } from './_at-least-one';
import type { Findings } from './_findings';

/**
 * How many EMQX nodes Kubernetes maintenance (`kubectl drain`) may take down at a time. During an upgrade old and new
 * nodes count together.
 *
 * It does not delay an upgrade, nor does it evacuate a node: its devices are disconnected.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/pods/disruptions/
 */
export interface PodDisruptionBudgetOptions {
  /** How many nodes may be down at a time, of old and new ones together; a whole number of at least 1. @default 1 */
  readonly maxUnavailable?: number;
}

/** The PodDisruptionBudget of a cluster, named like it. */
export function podDisruptionBudgetOf(
  { name, namespace }: { readonly name: string; readonly namespace: string },
  { maxUnavailable = 1 }: PodDisruptionBudgetOptions,
) {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace },
    spec: { maxUnavailable, selector: { matchLabels: clusterLabels(name) } },
  };
}

export function checkPodDisruptionBudget(findings: Findings, path: string, options: PodDisruptionBudgetOptions): void {
  if (options.maxUnavailable !== undefined) findings.check(`${path}.maxUnavailable`, options.maxUnavailable, nodes);
}

const nodes = atLeastOne({
  reason: 'with 0 no Kubernetes node that runs EMQX can ever be drained',
  fix: 'write 1, the default',
});
