import { isOpen, type Journal } from './journal';
import { activeSets, blueOf, type ClusterView, greenOf } from './observation';
import { stagesOf } from './stages';

/** Names of the sets as pictures show them. */
export interface Colours {
  blue: string;
  green: string | undefined;
  /** The set whose nodes are shown: the one that is evacuated, or serves. */
  shown: string;
}

/** Which set is blue and which is green: as in the open run, or as in the last one while its green set serves alone. */
export function coloursOf(cluster: ClusterView, journal: Journal | undefined): Colours {
  const last = journal?.phase === 'done' && !journal.aborted ? journal : undefined;
  if (isOpen(journal)) {
    const blue = journal.from.set;
    const green = greenOf(cluster, journal)?.name;
    return { blue, green, shown: journal.aborted ? (green ?? '') : blue };
  }
  const active = activeSets(cluster);
  const [first, ...others] = active;
  // Of the nodes that devices connect to, which an upgrade of several roles replaces first.
  const stage = last && first && stagesOf(last).find(({ to }) => to?.set === first.name);
  if (stage && others.length === 0) return { blue: stage.from.set, green: first.name, shown: first.name };
  const blue = blueOf(cluster)?.name ?? '';
  return { blue, green: active.findLast((set) => set.name !== blue)?.name, shown: blue };
}
