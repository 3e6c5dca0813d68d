import { EmqxClient } from '../emqx';
import {
  Cluster,
  holderName,
  isDeadHere,
  isKubeError,
  type KubeApi,
  type KubeObject,
  type ListQuery,
} from '../kubernetes';
import { API_VERSION, type EmqxEnterprise, KIND } from '../resource';
import type { ProgressEvent, UpgradeContext } from '../upgrade';
import { clusterError, kindAbsent, listForbidden, type Place } from './cluster-errors';
import { InputError } from './errors';
import { withNotice } from './notice';
import type { Link, LinkFlags, Shell } from './shell';

/** The options that every cluster command has. */
export interface ClusterFlags extends LinkFlags {
  namespace?: string;
  output: 'text' | 'json';
}

/** One EMQX cluster that was found, and how to reach it. */
export interface Connection {
  namespace: string;
  name: string;
  /** The resource as it was when the cluster was found. */
  live: EmqxEnterprise;
  context(report?: (event: ProgressEvent) => void): UpgradeContext;
  /** Runs a read that takes seconds, with a notice on a terminal meanwhile. */
  look<T>(read: () => Promise<T>): Promise<T>;
}

/**
 * Finds the cluster that is meant, and works with it. The connection is closed at the end.
 *
 * @param wanted what names the cluster; by default the only one in the context's namespace
 * @throws CommandError when there is no such cluster, or it cannot be reached
 */
export async function withCluster<T>(
  shell: Shell,
  flags: ClusterFlags,
  wanted: { name?: string; namespace?: string },
  work: (connection: Connection) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const named = [wanted.namespace, wanted.name].filter(Boolean).join('/');
  const looking = named === '' ? 'looking for the cluster' : `looking for ${named}`;
  const link = await withNotice(shell, flags.output, looking, () => shell.link(flags));
  const place = { namespace: wanted.namespace ?? link.namespace, name: wanted.name };
  try {
    const live = await withNotice(shell, flags.output, looking, () => find(link.api, place, signal));
    place.name = live.metadata.name;
    return await work(connectionTo(live, place.namespace, link, shell, flags.output));
  } catch (error) {
    throw clusterError(error, place);
  } finally {
    link.close();
  }
}

/** The same with all clusters of all namespaces. Errors of a single one are for the caller to report. */
export async function withAllClusters<T>(
  shell: Shell,
  flags: ClusterFlags,
  work: (connections: Connection[]) => Promise<T>,
): Promise<T> {
  const looking = 'looking for clusters in all namespaces';
  const link = await withNotice(shell, flags.output, looking, () => shell.link(flags));
  try {
    const found = await withNotice(shell, flags.output, looking, () =>
      clustersIn(link.api, { namespace: '' }).catch((error: unknown) => {
        throw isKubeError(error, 'NotFound') ? kindAbsent() : error;
      }),
    );
    return await work(
      found.map((live) => connectionTo(live, live.metadata.namespace ?? link.namespace, link, shell, flags.output)),
    );
  } catch (error) {
    throw clusterError(error, { namespace: link.namespace, name: undefined });
  } finally {
    link.close();
  }
}

function connectionTo(
  live: Found,
  namespace: string,
  { api, clock, transport, prober }: Link,
  shell: Shell,
  output: 'text' | 'json',
): Connection {
  const { name } = live.metadata;
  const cluster = new Cluster({ api, clock, namespace, name, isGone: isDeadHere });
  const emqx = new EmqxClient({ transport, prober, namespace, credentials: () => cluster.credentials() });
  const holder = holderName();
  const context = (report: (event: ProgressEvent) => void = () => undefined) => ({
    clock,
    cluster,
    emqx,
    progress: { report },
    holder,
  });
  const look = <R>(read: () => Promise<R>) => withNotice(shell, output, `reading ${namespace}/${name}`, read);
  return { namespace, name, live, context, look };
}

type Found = EmqxEnterprise & KubeObject;

async function find(api: KubeApi, { namespace, name }: Place, signal?: AbortSignal): Promise<Found> {
  if (name !== undefined) {
    // By its name, as the rights of an upgrade may be restricted to it.
    const [found] = await clustersIn(api, { namespace, name }, signal).catch((error: unknown) => {
      if (isKubeError(error, 'NotFound')) throw kindAbsent();
      throw error;
    });
    if (found) return found;
  }
  const here = await clustersIn(api, { namespace }, signal).catch((error: unknown) => {
    if (isKubeError(error, 'NotFound')) throw kindAbsent();
    if (!isKubeError(error, 'Forbidden')) throw error;
    // The right to read the one cluster does not entail the right to list others.
    if (name === undefined) throw listForbidden(error);
    return [];
  });
  if (name === undefined && here.length === 1) return here[0]!;
  throw await notFound(api, { namespace, name }, here, signal);
}

/** Lists the clusters that exist instead: in the namespace, and in others as far as they may be listed. */
async function notFound(
  api: KubeApi,
  { namespace, name }: Place,
  here: readonly Found[],
  signal?: AbortSignal,
): Promise<InputError> {
  const where = `the namespace ${namespace}`;
  const names = here.map(({ metadata }) => metadata.name).join(', ');
  if (name === undefined && here.length > 0) {
    return new InputError(`${where} has ${here.length} EMQX clusters: ${names}`, 'give the name of one');
  }
  const everywhere = await clustersIn(api, { namespace: '' }, signal).catch(() => []);
  const elsewhere = everywhere.filter(({ metadata }) => metadata.namespace !== namespace);
  const parts = [
    `${where} has no EMQX cluster ${name ?? ''}`.trimEnd(),
    ...(names ? [`it has ${names}`] : []),
    ...(elsewhere.length > 0
      ? [
          `other namespaces have ${elsewhere.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(', ')}`,
        ]
      : []),
  ];
  return new InputError(parts.join('; '), 'check the name, the namespace (-n) and the context (--context)');
}

async function clustersIn(
  api: KubeApi,
  which: Pick<ListQuery, 'namespace' | 'name'>,
  signal?: AbortSignal,
): Promise<Found[]> {
  const { items } = await api.list<Found>({ apiVersion: API_VERSION, kind: KIND, ...which }, signal);
  return items;
}
