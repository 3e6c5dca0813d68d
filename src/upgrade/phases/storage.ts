import { generationOf } from '../../resource';
import { nodesOf, podsOf } from '../observation';
import type { Action, Situation } from '../step';
import { moveOf } from './common';

/**
 * The data of durable sessions are in shards, each with replicas on some cores. EMQX moves them only when it is ordered to: a core that
 * goes takes the last replica along, while messages are still acknowledged. So all replicas are moved to the cores that stay before any
 * of the others goes.
 *
 * @see EMQX 5.8, "Manage replication"; measured with EMQX 5.8.9 and 6.2.0
 */
export interface StorageMove {
  /** Shards that are not completely on the cores that stay; undefined while that is unknown. */
  readonly left: number | undefined;
  /** Orders for what is not moving yet; none where the operator gives them. */
  readonly orders: Action[];
}

/** What remains to be moved. Where there is no such data, that is nothing. */
export function storageMove(situation: Situation): StorageMove {
  const { durable, cluster } = situation.observation;
  if (durable === undefined) return { left: 0, orders: [] };
  if (durable === 'unknown') return { left: undefined, orders: [] };
  const { storages, sites } = durable;
  if (storages.every(({ shards }) => shards.length === 0)) return { left: 0, orders: [] };
  const { target } = moveOf(situation);
  const staying = nodesOf(situation.observation, target?.name ?? '').filter(
    ({ unreachable }) => unreachable === undefined,
  );
  const names = staying.map(({ node }) => node);
  const wanted = sites
    .filter(({ node, isUp }) => isUp && node !== undefined && names.includes(node))
    .map(({ id }) => id);
  const [asked] = staying;
  const open = storages.map(({ name, shards }) => ({
    name,
    shards: shards.filter(
      ({ replicas, transitions }) =>
        transitions.length > 0 || replicas.length === 0 || !replicas.every(({ site }) => wanted.includes(site)),
    ),
  }));
  const left = open.reduce((sum, { shards }) => sum + shards.length, 0);
  // All of them: EMQX keeps as many replicas of each shard as it is configured to, or as there are sites.
  if (!asked || wanted.length === 0 || wanted.length < names.length) return { left, orders: [] };
  if (generationOf(cluster.resource).movesStorage) return { left, orders: [] };
  const orders = open
    .filter(({ shards }) => shards.some(({ transitions }) => transitions.length === 0))
    .map(({ name }): Action => ({ do: 'move-storage', pod: asked.pod, storage: name, sites: wanted }));
  return { left, orders };
}

/** What a run waits for until all data are on the cores that stay; undefined when they are. */
export function storageWait({ left }: StorageMove): string | undefined {
  if (left === undefined) return 'the durable storage to be read';
  return left === 0 ? undefined : `${left} shard${left === 1 ? '' : 's'} of durable storage to be moved`;
}

/** What a run waits for where the operator marks the pods that still have data; undefined where none does, or is marked. */
export function siteWait({ observation: { cluster }, journal }: Situation, set: string): string | undefined {
  if (journal.role === 'replicant') return undefined;
  const left = podsOf(cluster, set).filter(({ hasData }) => hasData).length;
  if (left === 0) return undefined;
  return `the operator to see that ${left === 1 ? 'a core has' : `${left} cores have`} no durable data any more`;
}
