import type { DurableStorage } from '../../durable/durable-storage';
import type { EmqxNode } from '../../node';
import type { Answer } from '../answers';
import { respond } from '../answers';
import { failure, json } from './answers';

/** `/ds/…`: the durable storage. Where durable sessions are disabled there are sites, and no storages. */
export class StorageRoutes {
  constructor(private readonly node: EmqxNode) {}

  sites(): Answer {
    return json(this.storage.sites);
  }

  oneSite(site: string): Answer {
    const { storage } = this;
    const node = storage.nodeOf(site);
    if (node === undefined) return failure(404, 'NOT_FOUND', `Site not found: ${site}`);
    const status = storage.statusOf(site);
    const shards = storage.storages.flatMap((name) =>
      storage.shards(name)!.flatMap(({ id, replicas, transitions }) => {
        const kind = transitions.find((transition) => transition.site === site)?.kind;
        if (!replicas.includes(site) && !kind) return [];
        return [{ id, status, storage: name, ...(kind ? { transition: kind } : {}) }];
      }),
    );
    return json({ node, shards, up: status === 'up' });
  }

  storages(): Answer {
    return json(this.storage.storages);
  }

  oneStorage(name: string): Answer {
    return this.about(name, (storage) => {
      const shards = storage.shards(name)!.map(({ id, replicas, transitions }) => ({
        id,
        replicas: replicas.map((site) => ({ site, status: storage.statusOf(site) })),
        ...(transitions.length > 0
          ? { transitions: transitions.map(({ site, kind }) => ({ site, transition: kind })) }
          : {}),
      }));
      return json({ name, shards });
    });
  }

  replicas(name: string): Answer {
    return this.about(name, (storage) => json(storage.replicasOf(name)));
  }

  /** Answered at once; the shards move afterwards. */
  assign(name: string, sites: unknown): Answer {
    return this.about(name, (storage) => {
      if (!Array.isArray(sites)) return failure(400, 400, 'Bad type');
      return accepted(storage.assign(name, sites.map(String)));
    });
  }

  add(name: string, site: string): Answer {
    return this.about(name, (storage) =>
      accepted(storage.assign(name, [...new Set([...storage.replicasOf(name), site])])),
    );
  }

  remove(name: string, site: string): Answer {
    return this.about(name, (storage) => {
      const replicas = storage.replicasOf(name);
      if (!replicas.includes(site)) return failure(404, 'NOT_FOUND', 'Site is not part of replica set');
      return accepted(
        storage.assign(
          name,
          replicas.filter((each) => each !== site),
        ),
      );
    });
  }

  private get storage(): DurableStorage {
    return this.node.cluster.storage(this.node.profile.storageFormat);
  }

  private about(name: string, answer: (storage: DurableStorage) => Answer): Answer {
    const { storage } = this;
    return storage.shards(name) ? answer(storage) : failure(404, 'NOT_FOUND', `DB '${name}' does not exist`);
  }
}

function accepted(refusal: string | undefined): Answer {
  return refusal === undefined ? respond(202, 'OK', 'text/plain') : failure(400, 400, refusal);
}
