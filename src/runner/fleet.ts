import { isKubeError, type KubeApi, type KubeObject } from '../kubernetes';
import { Reflector } from '../kubernetes/reflector';
import { type EmqxResource, generationOf } from '../resource';
import type { Clock } from '../upgrade';
import { type ClusterRef, keyOf } from './sighting';

type Resource = EmqxResource & KubeObject;

const KINDS = ['EmqxEnterprise', 'EMQX'] as const satisfies readonly EmqxResource['kind'][];

/** A cluster that exists. */
export interface Member {
  cluster: ClusterRef;
  resource: Resource;
}

/** The custom resources of the namespaces, kept up to date by watches: of each kind one in each namespace, or one for all. */
export class Fleet {
  private readonly reflectors: readonly Reflector<Resource>[];

  /**
   * @param namespaces empty for all
   * @param changed called when any of them has changed
   */
  constructor(api: KubeApi, clock: Clock, namespaces: readonly string[], changed: () => void) {
    const places = namespaces.length > 0 ? namespaces : [''];
    this.reflectors = KINDS.flatMap((kind) => {
      const { apiVersion } = generationOf({ kind });
      return places.map((namespace) => new Reflector<Resource>(api, clock, { apiVersion, kind, namespace }, changed));
    });
  }

  /** Follows them until the signal aborts. */
  run(signal: AbortSignal): void {
    for (const reflector of this.reflectors) void reflector.run(signal);
  }

  /**
   * All of them by their keys; undefined until each list was read. A kind that the API server does not know has none.
   *
   * @throws KubeApiError what the latest attempt to list or watch failed with
   */
  get members(): ReadonlyMap<string, Member> | undefined {
    const lists = this.reflectors.map(itemsOf);
    if (lists.includes(undefined)) return undefined;
    return new Map(
      lists.flatMap((list) =>
        (list ?? []).map((resource) => {
          const { kind, metadata } = resource;
          const cluster = { kind, namespace: metadata.namespace ?? 'default', name: metadata.name };
          return [keyOf(cluster), { cluster, resource }] as const;
        }),
      ),
    );
  }
}

function itemsOf(reflector: Reflector<Resource>): Resource[] | undefined {
  try {
    return reflector.items;
  } catch (error) {
    if (isKubeError(error, 'NotFound')) return [];
    throw error;
  }
}
