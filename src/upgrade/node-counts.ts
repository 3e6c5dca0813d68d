import type { Journal, Stage } from './journal';

/** Number of nodes of the old set, before any was lost: an upgrade may change it. */
export function oldCount({
  replicas,
  oldReplicas = replicas,
}: Pick<Stage | Journal, 'replicas' | 'oldReplicas'>): number {
  return oldReplicas;
}

/** Number of nodes that stay: new ones, in an abort old ones. */
export function stayingCount(stage: Pick<Stage, 'replicas' | 'oldReplicas'>, { aborted }: Journal): number {
  return aborted ? oldCount(stage) : stage.replicas;
}

/** The field of a stage whose sets have these numbers of nodes. */
export function withOldCount(replicas: number, old: number): Pick<Stage, 'replicas' | 'oldReplicas'> {
  return { replicas, ...(old !== replicas && { oldReplicas: old }) };
}
