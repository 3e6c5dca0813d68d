import { type ClusterView, notCreated } from './observation';

/** What keeps pods from being created, as a warning each time that it is something else. */
export class CreationWarning {
  private latest = '';

  /** The warning that is due; undefined where there is nothing new to say. */
  in(cluster: ClusterView): string | undefined {
    const troubles = cluster.sets.flatMap(({ name }) => notCreated(cluster, name) ?? []).join('; ');
    const isNew = troubles !== '' && troubles !== this.latest;
    this.latest = troubles;
    return isNew ? troubles : undefined;
  }
}
