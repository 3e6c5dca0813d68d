import { isKubeError, type KubeObject } from '../kubernetes';
import { API_VERSIONS, type EmqxResource, generationOf } from '../resource';
import { named } from '../resource/cluster-ref';
import type { RunnerLink } from './driven-cluster';
import type { Member } from './fleet';
import { type ClusterRef, keyOf } from './sighting';
import type { Tell } from './told';

const KIND = 'EMQX';

/** Of the API server, which has other versions only after the operator was replaced, ms; and where it has refused to answer. */
const AGAIN_MS = 3_600_000;
const REFUSED_MS = 10_000;

/**
 * Clusters that the API server has in a version of a later line of the operator. They are not upgraded by a runner, also where the
 * version that it knows is served for them, too: it lacks what an upgrade has to know. Each is told once.
 */
export class Foreigners {
  private readonly known = new Map<string, { cluster: ClusterRef; uid: string | undefined }>();
  private updateAt = 0;

  constructor(
    private readonly options: Pick<RunnerLink, 'api' | 'clock'> & { namespaces: readonly string[] },
    private readonly tell: Tell,
  ) {}

  /** Looks for them, once an hour. @throws KubeApiError */
  async update(signal: AbortSignal): Promise<void> {
    const { clock } = this.options;
    if (clock.now() < this.updateAt) return;
    const lists = await this.find(signal);
    const found = new Map(lists.flatMap(({ items }) => items.map((one) => [keyOf(one.cluster), one] as const)));
    this.updateAt = clock.now() + (lists.some(({ isRefused }) => isRefused) ? REFUSED_MS : AGAIN_MS);
    for (const [key, { cluster, uid }] of this.known) {
      if (found.has(key)) continue;
      this.known.delete(key);
      this.tell({ kind: 'gone', at: clock.now(), cluster, uid });
    }
    for (const [key, { cluster, uid }] of found) {
      const isNew = this.known.get(key)?.cluster.apiVersion !== cluster.apiVersion;
      this.known.set(key, { cluster, uid });
      const reason = 'NotSupported';
      if (isNew) this.tell({ kind: 'left', at: clock.now(), cluster, uid, reason, text: whyNot(cluster) });
    }
  }

  /** All others. */
  without(members: ReadonlyMap<string, Member>): ReadonlyMap<string, Member> {
    return this.known.size === 0 ? members : new Map([...members].filter(([key]) => !this.known.has(key)));
  }

  /** The latest version of each last. Where it is forbidden to look, what was found last: others are looked for all the same. */
  private async find(signal: AbortSignal) {
    const { api, namespaces } = this.options;
    const own = generationOf({ kind: KIND }).apiVersion;
    const versions = API_VERSIONS[KIND].filter((version) => version !== own);
    const places = namespaces.length > 0 ? namespaces : [''];
    const queries = versions.flatMap((apiVersion) =>
      places.map((namespace) => ({ apiVersion, kind: KIND, namespace }) as const),
    );
    return Promise.all(
      queries.map(async ({ apiVersion, kind, namespace }) => {
        try {
          const { items } = await api.list<EmqxResource & KubeObject>({ apiVersion, kind, namespace }, signal);
          const found = items.map(({ metadata }) => ({
            cluster: { kind, namespace: metadata.namespace ?? 'default', name: metadata.name, apiVersion },
            uid: metadata.uid,
          }));
          return { items: found, isRefused: false };
        } catch (error) {
          if (isKubeError(error, 'NotFound')) return { items: [], isRefused: false };
          if (!isKubeError(error, 'Forbidden')) throw error;
          const known = [...this.known.values()].filter(({ cluster }) => isAmong(cluster, apiVersion, namespace));
          return { items: known, isRefused: true };
        }
      }),
    );
  }
}

/** @param namespace empty for all */
function isAmong(cluster: ClusterRef, apiVersion: string, namespace: string): boolean {
  return cluster.apiVersion === apiVersion && (namespace === '' || cluster.namespace === namespace);
}

function whyNot(cluster: ClusterRef): string {
  const { apiVersion, onlyRead } = generationOf(cluster);
  if (onlyRead) return `${apiVersion} is not upgraded: ${onlyRead.reason}; ${onlyRead.fix}`;
  return `${apiVersion} is not upgraded by a runner: \`emqx-blue-green upgrade ${named(cluster)}\` does it, and \`check\` says under which conditions`;
}
