import type { ClusterState } from './status';

const TEXTS: Readonly<Record<ClusterState, string>> = {
  'at-rest': 'at rest',
  waiting: 'waiting for an upgrade, with the operator held',
  native: 'being upgraded by the operator on its own',
  upgrading: 'being upgraded',
  unsettled: 'not at rest',
};

/** A state as it continues "the cluster is". */
export function stateText(state: ClusterState): string {
  return TEXTS[state];
}
