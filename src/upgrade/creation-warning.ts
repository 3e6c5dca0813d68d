import { type ClusterView, notCreated } from './observation';

/** What prevents pods from being created, as a warning each time the reason changes. */
export class CreationWarning {
  private latest = '';

  /** The warning that is due; undefined where nothing is new. */
  in(cluster: ClusterView): string | undefined {
    const troubles = cluster.sets.flatMap(({ name }) => notCreated(cluster, name) ?? []).join('; ');
    const isNew = troubles !== '' && troubles !== this.latest;
    this.latest = troubles;
    return isNew ? troubles : undefined;
  }
}
