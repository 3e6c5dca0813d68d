import { generationOf, type SetKind } from '../resource';
import { type ClusterView, roleOf } from './observation';

const WORDS: Readonly<Record<SetKind['kind'], string>> = { StatefulSet: 'stateful set', ReplicaSet: 'replica set' };

/** What a set of nodes is: cores are in stateful sets, replicants in replica sets. */
export function setWord(view: ClusterView, role = roleOf(view)): string {
  const { setKinds } = generationOf(view.resource);
  return WORDS[setKinds.find((each) => each.role === role)?.kind ?? 'StatefulSet'];
}
