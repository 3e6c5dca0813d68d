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

/** What is listed at a time. */
interface Place {
  namespace: string;
  reflector: Reflector<Resource>;
  /** As it was listed last. */
  last: readonly Resource[];
}

/** The custom resources of the namespaces, kept up to date by watches: of each kind one in each namespace, or one for all. */
export class Fleet {
  private readonly places: readonly Place[];
  /** Where the latest list failed, with the reason. */
  private readonly failures = new Map<Place, unknown>();

  /**
   * @param namespaces empty for all
   * @param changed called when any of them has changed
   */
  constructor(api: KubeApi, clock: Clock, namespaces: readonly string[], changed: () => void) {
    const among = namespaces.length > 0 ? namespaces : [''];
    this.places = KINDS.flatMap((kind) => {
      const { apiVersion } = generationOf({ kind });
      return among.map((namespace) => {
        const reflector = new Reflector<Resource>(api, clock, { apiVersion, kind, namespace }, changed);
        return { namespace, reflector, last: [] };
      });
    });
  }

  /** Follows them until the signal aborts. */
  run(signal: AbortSignal): void {
    for (const { reflector } of this.places) void reflector.run(signal);
  }

  /**
   * All of them by their keys; undefined until each list was read. A kind that the API server does not know has none. Where a list fails,
   * such as in a namespace that was deleted with the rights there, it has those that were read last: the others are followed all the same.
   *
   * @throws KubeApiError what the latest attempt failed with, where every list fails
   */
  get members(): ReadonlyMap<string, Member> | undefined {
    const areListed = this.places.map((place) => this.refresh(place));
    if (areListed.includes(false)) return undefined;
    if (this.failures.size === this.places.length) throw [...this.failures.values()][0];
    return new Map(
      this.places.flatMap(({ last }) =>
        last.map((resource) => {
          const { kind, metadata } = resource;
          const cluster = { kind, namespace: metadata.namespace ?? 'default', name: metadata.name };
          return [keyOf(cluster), { cluster, resource }] as const;
        }),
      ),
    );
  }

  /** The namespaces, or the one name `''` for all, where a list failed when {@link members} was read, with the reason. */
  get unlisted(): ReadonlyMap<string, string> {
    return new Map([...this.failures].map(([{ namespace }, error]) => [namespace, (error as Error).message]));
  }

  /** Returns false before the first list. */
  private refresh(place: Place): boolean {
    this.failures.delete(place);
    try {
      const { items } = place.reflector;
      if (items) place.last = items;
      return items !== undefined;
    } catch (error) {
      if (isKubeError(error, 'NotFound')) place.last = [];
      else this.failures.set(place, error);
      return true;
    }
  }
}
