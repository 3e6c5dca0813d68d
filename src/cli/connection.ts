import { managementPorts } from '../emqx';
import {
  Cluster,
  holderName,
  isDeadHere,
  isKubeError,
  type KubeApi,
  type KubeApiError,
  type KubeObject,
  type ListQuery,
} from '../kubernetes';
import { API_VERSIONS, type EmqxResource, generationOf } from '../resource';
import type { ProgressEvent, UpgradeContext } from '../upgrade';
import { clusterError, kindAbsent, listForbidden, type Place } from './cluster-errors';
import { CommandError, InputError } from './errors';
import { EXIT } from './exit';
import { KINDS, typedName } from './kinds';
import { withNotice } from './notice';
import { safe } from './render/text';
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
  /** What commands call it: its name, or TYPE/NAME where that is needed. */
  word: string;
  /** The resource as it was when the cluster was found. */
  live: EmqxResource;
  api: KubeApi;
  context(report?: (event: ProgressEvent) => void): UpgradeContext;
  /** Runs a read that takes seconds, with a notice on a terminal meanwhile. */
  look<T>(read: () => Promise<T>): Promise<T>;
}

/** What names a cluster; its kind where that is known, else it may be of any. */
export interface WantedCluster {
  kind?: EmqxResource['kind'] | undefined;
  name?: string | undefined;
  namespace?: string | undefined;
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
  wanted: WantedCluster,
  work: (connection: Connection) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const named = [wanted.namespace, wanted.name].filter(Boolean).join('/');
  const looking = named === '' ? 'looking for the cluster' : `looking for ${named}`;
  const link = await withNotice(shell, flags.output, looking, () => shell.link(flags));
  const { kind } = wanted;
  const place: Place = { namespace: wanted.namespace ?? link.namespace, name: wanted.name, kind };
  try {
    const live = await withNotice(shell, flags.output, looking, () => find(link.api, place, signal));
    place.name = live.metadata.name;
    place.kind = live.kind;
    const word = kind === undefined ? live.metadata.name : typedName(live);
    return await work(connectionTo({ live, namespace: place.namespace, word }, link, shell, flags.output));
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
    const { found, isReadable, refused } = await withNotice(shell, flags.output, looking, () =>
      clustersIn(link.api, KINDS, { namespace: '' }),
    );
    for (const { kind, why } of refused) {
      if (!isReadable) throw why;
      shell.err.write(`${safe(`clusters of the kind ${kind} are not shown: ${why.message}`)}\n`);
    }
    return await work(
      found.map((live) => {
        const namespace = live.metadata.namespace ?? link.namespace;
        const near = found.filter(({ metadata }) => (metadata.namespace ?? link.namespace) === namespace);
        return connectionTo({ live, namespace, word: wordAmong(near, live) }, link, shell, flags.output);
      }),
    );
  } catch (error) {
    throw clusterError(error, { namespace: link.namespace, name: undefined, kind: undefined });
  } finally {
    link.close();
  }
}

/** @throws CommandError for a cluster that cannot be upgraded, with what to do in place of that */
export function requireUpgradable({ namespace, name, live }: Connection): void {
  const { onlyRead } = generationOf(live);
  if (!onlyRead) return;
  const message = `${namespace}/${name} (${live.apiVersion}) can be read only: ${onlyRead.reason}`;
  throw new CommandError(EXIT.blocked, 'ONLY_READ', message, onlyRead.fix);
}

function connectionTo(
  { live, ...which }: Pick<Connection, 'live' | 'namespace' | 'word'>,
  { api, clock, transport, prober }: Link,
  shell: Shell,
  output: 'text' | 'json',
): Connection {
  const { kind, apiVersion, metadata } = live;
  const { name } = metadata;
  const { namespace } = which;
  const cluster = new Cluster({ api, clock, kind, apiVersion, namespace, name, isGone: isDeadHere });
  const ports = managementPorts(kind, cluster, {
    transport: transport(generationOf(live).managementPortOf(live)),
    prober,
    namespace,
  });
  const holder = holderName();
  const context = (report: (event: ProgressEvent) => void = () => undefined) => ({
    clock,
    cluster,
    ...ports,
    progress: { report },
    holder,
  });
  const look = <R>(read: () => Promise<R>) => withNotice(shell, output, `reading ${namespace}/${name}`, read);
  return { ...which, name, live, api, context, look };
}

type Found = EmqxResource & KubeObject;

/** The clusters of some kinds, as far as they may be read. */
interface Listed {
  found: Found[];
  /** Whether any of the kinds may be read. */
  isReadable: boolean;
  /** Kinds that may not be read, and the answer of the API server. */
  refused: { kind: EmqxResource['kind']; why: KubeApiError }[];
}

async function find(api: KubeApi, { namespace, name, kind }: Place, signal?: AbortSignal): Promise<Found> {
  const kinds = kind === undefined ? KINDS : [kind];
  if (name === undefined) {
    const here = await clustersIn(api, kinds, { namespace }, signal);
    if (here.found.length === 1) return here.found[0]!;
    if (here.found.length === 0 && here.refused[0]) throw listForbidden(here.refused[0].why);
    throw await notFound(api, { namespace, name, kind }, here, signal);
  }
  // By its name, as the rights of an upgrade may be restricted to it.
  const named = await clustersIn(api, kinds, { namespace, name }, signal);
  if (named.found.length > 1) throw ofBothKinds(namespace, named.found);
  if (named.found[0]) return named.found[0];
  if (!named.isReadable) throw named.refused[0]!.why;
  // The right to read the one cluster does not entail the right to list others.
  const here = await clustersIn(api, kinds, { namespace }, signal);
  throw await notFound(api, { namespace, name, kind }, { ...here, refused: named.refused }, signal);
}

/** Both are clusters of their own, with the same name. */
function ofBothKinds(namespace: string, found: readonly Found[]): InputError {
  const [one, other] = found.map(typedName);
  return new InputError(
    `the namespace ${namespace} has two EMQX clusters ${found[0]!.metadata.name}: ${one} and ${other}`,
    `say which one is meant: ${one} or ${other}`,
  );
}

/** Lists the clusters that exist instead: in the namespace, and in others as far as they may be listed. */
async function notFound(
  api: KubeApi,
  { namespace, name, kind }: Place,
  { found, refused }: Listed,
  signal?: AbortSignal,
): Promise<InputError> {
  const where = `the namespace ${namespace}`;
  const names = found.map((one) => wordAmong(found, one)).join(', ');
  if (name === undefined && found.length > 0) {
    return new InputError(`${where} has ${found.length} EMQX clusters: ${names}`, 'give the name of one');
  }
  const kinds = kind === undefined ? KINDS : [kind];
  const everywhere = await clustersIn(api, kinds, { namespace: '' }, signal).catch(() => undefined);
  const elsewhere = (everywhere?.found ?? []).filter(({ metadata }) => metadata.namespace !== namespace);
  const parts = [
    `${where} has no ${kind ?? 'EMQX cluster'} ${name ?? ''}`.trimEnd(),
    ...(names ? [`it has ${names}`] : []),
    ...(elsewhere.length > 0
      ? [
          `other namespaces have ${elsewhere.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(', ')}`,
        ]
      : []),
    ...refused.map((one) => `whether it has an ${one.kind} is unknown: you may not read any`),
  ];
  return new InputError(parts.join('; '), 'check the name, the namespace (-n) and the context (--context)');
}

/** The name of a cluster; TYPE/NAME where others of its namespace have the same name. */
function wordAmong(near: readonly Found[], one: Found): string {
  const { name } = one.metadata;
  return near.filter(({ metadata }) => metadata.name === name).length > 1 ? typedName(one) : name;
}

/** @throws CommandError where the API server knows none of the kinds */
async function clustersIn(
  api: KubeApi,
  kinds: readonly EmqxResource['kind'][],
  which: Pick<ListQuery, 'namespace' | 'name'>,
  signal?: AbortSignal,
): Promise<Listed> {
  const refused: Listed['refused'] = [];
  const lists = await Promise.all(
    kinds.map(async (kind) => {
      try {
        return await inLatestVersion(api, kind, which, signal);
      } catch (error) {
        if (!isKubeError(error, 'Forbidden')) throw error;
        refused.push({ kind, why: error });
        return [];
      }
    }),
  );
  const known = lists.filter((list) => list !== undefined);
  if (known.length === 0) throw kindAbsent(kinds);
  return { found: known.flat(), isReadable: known.length > refused.length, refused };
}

/** The clusters of a kind, in the last of the versions that the API server has it in; undefined where it has it in none. */
async function inLatestVersion(
  api: KubeApi,
  kind: EmqxResource['kind'],
  which: Pick<ListQuery, 'namespace' | 'name'>,
  signal?: AbortSignal,
): Promise<Found[] | undefined> {
  const lists = await Promise.all(
    API_VERSIONS[kind].map(async (apiVersion) => {
      try {
        const { items } = await api.list<Found>({ apiVersion, kind, ...which }, signal);
        return items.map((item) => ({ ...item, apiVersion })) as Found[];
      } catch (error) {
        if (isKubeError(error, 'NotFound')) return undefined;
        throw error;
      }
    }),
  );
  return lists.findLast((list) => list?.length) ?? lists.find((list) => list !== undefined);
}
