import { REPLICATION_SITE_CONDITION } from '../../../resource';
import type { PodCondition } from '../../kubernetes/core-types';
import { isRecord } from '../../kubernetes/json';
import { kinds } from '../../kubernetes/kinds';
import { timestamp } from '../../kubernetes/object-store';
import { failing } from '../failure';
import { parsed } from '../go-json';
import { patchPodCondition, podConditionOf } from '../pod-gate';
import { successful } from '../v2beta1/emqx-answers';
import type { EmqxPass } from '../v2beta1/pass';
import { core, setsOf } from '../v2beta1/roles';

interface Site {
  id: string;
  node: string;
  shards: unknown[];
}

interface Shard {
  replicas: { site: string }[];
  transitions?: { site: string; transition: 'joining' | 'leaving' }[];
}

/**
 * Moves all replicas of every durable storage to the cores of the update set as soon as all of these are ready, whatever the delay says:
 * to the new cores in an upgrade, and back to the old ones when the old template is back.
 *
 * @see EMQX Operator 2.3, `internal/controller/ds_update_replica_sets.go`: read, not run
 */
export async function moveStorage(pass: EmqxPass): Promise<void> {
  const { emqx } = pass.options;
  const { update } = await setsOf(pass, core);
  if (!emqx || !update || (update.status?.readyReplicas ?? 0) < (core.statusOf(pass).replicas ?? 0)) return;
  const own = (pass.status.coreNodes ?? []).filter(({ controllerUID }) => controllerUID === update.metadata.uid);
  const pod = pass.pods.find(({ metadata }) => metadata.uid === own[0]?.podUID);
  const names = ((await read(pass, 'ds/storages')) ?? []) as string[];
  if (!pod || names.length === 0) return;
  const sites = await sitesOf(pass);
  const wanted = own.map(({ node }) => {
    const site = sites.find((each) => each.node === node);
    if (!site) throw new Error(`no site for node ${node}`);
    return site.id;
  });
  const storages: unknown[] = [];
  for (const name of names) storages.push(await read(pass, `ds/storages/${name}`));
  const current = storages.flatMap((storage) => (storage as { shards: Shard[] }).shards.flatMap(targetsOf));
  if (sorted(wanted) === sorted(current)) return;
  for (const name of names) {
    const path = `api/v5/ds/storages/${name}/replicas`;
    const answer = await emqx.pod(pod.metadata.name, 'PUT', path, JSON.stringify(wanted), pass.options.signal);
    if (answer.status !== 202) throw new Error(`failed to update DB ${name} replica set: ${answer.body}`);
  }
}

/**
 * Marks each pod whether its node has shards.
 *
 * @see EMQX Operator 2.3, `internal/controller/ds_reflect_pod_condition.go`: read, not run
 */
export async function markSites(pass: EmqxPass): Promise<void> {
  const names = (await read(pass, 'ds/storages')) as string[] | undefined;
  if (!names?.length) return;
  const sites = await sitesOf(pass);
  const { coreNodes = [], replicantNodes = [] } = pass.status;
  for (const pod of pass.pods) {
    const node = [...coreNodes, ...replicantNodes].find(({ podUID }) => podUID === pod.metadata.uid);
    if (!node) continue;
    const site = sites.find((each) => each.node === node.node);
    const status: PodCondition['status'] = site && site.shards.length > 0 ? 'True' : 'False';
    if (podConditionOf(pod, REPLICATION_SITE_CONDITION)?.status === status) continue;
    const next = { type: REPLICATION_SITE_CONDITION, status, lastTransitionTime: timestamp(pass.now) };
    const ref = pass.ref(kinds.pod, pod.metadata.name);
    await patchPodCondition(pass.options, ref, pod, REPLICATION_SITE_CONDITION, () => next).catch(
      failing(`failed to update pod ${pod.metadata.name} status`),
    );
  }
}

/** Where a shard will be when its transitions are complete. */
function targetsOf({ replicas, transitions = [] }: Shard): string[] {
  const leaving = transitions.filter(({ transition }) => transition === 'leaving').map(({ site }) => site);
  const joining = transitions.filter(({ transition }) => transition === 'joining').map(({ site }) => site);
  return [...replicas.map(({ site }) => site), ...joining].filter((site) => !leaving.includes(site));
}

function sorted(sites: readonly string[]): string {
  return [...new Set(sites)].sort().join();
}

async function sitesOf(pass: EmqxPass): Promise<Site[]> {
  const ids = ((await read(pass, 'ds/sites')) ?? []) as string[];
  const sites: Site[] = [];
  for (const id of ids) {
    const site = await read(pass, `ds/sites/${id}`);
    if (isRecord(site)) sites.push({ ...(site as unknown as Site), id });
  }
  return sites;
}

/** Undefined where EMQX has no such path. */
async function read(pass: EmqxPass, path: string): Promise<unknown> {
  const { emqx, signal } = pass.options;
  const answer = await emqx?.any('GET', `api/v5/${path}`, undefined, signal);
  if (!answer || answer.status === 404) return undefined;
  return parsed(successful(answer, path).body);
}
