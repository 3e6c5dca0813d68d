import type { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../upgrade';
import { ApiRequests } from './api-requests';
import { ClusterAccess, type KubeconfigOptions } from './cluster-access';
import type {
  KubeApi,
  KubeObject,
  ListQuery,
  ObjectList,
  ObjectRef,
  Patch,
  PatchOptions,
  WatchEvent,
  WatchOptions,
} from './kube-api';
import { collectionPath, objectPath, selectorsOf } from './object-path';
import { PodAgent } from './pod-agent';
import { PodStream } from './pod-stream';
import { listIn, objectIn } from './shape';
import { SystemClock } from './system-clock';
import { resumedWatch, SILENT_MS } from './watch';

export interface ConnectOptions extends KubeconfigOptions {
  /**
   * Milliseconds after which a request without an answer fails.
   *
   * @default 30000
   */
  timeoutMs?: number;
  /**
   * The clock for waits after a "retry later" of the server, or after a broken watch.
   *
   * @default - the machine's clock
   */
  clock?: Clock;
}

/** The name of this project's writes in `metadata.managedFields`, unless an apply gives another. */
export const FIELD_MANAGER = 'emqx-blue-green';

/** Seconds after which the server ends a watch request; the next one continues where it ended. */
const WATCH_SECONDS = 300;

/**
 * Connects to a real cluster. No request is sent before the first call.
 *
 * @throws KubeconfigError when there is no kubeconfig, no such context, or an invalid one
 */
export async function connect(options: ConnectOptions = {}): Promise<KubeClient> {
  return new KubeClient(await ClusterAccess.load(options), options);
}

/** {@link KubeApi} of a real API server. */
export class KubeClient implements KubeApi {
  /** Base URL of the API server. */
  readonly server: string;
  /** Namespace of the kubeconfig's context. */
  readonly namespace: string;
  /**
   * Connections to pods, by port-forward: with this agent `http://<pod>.<namespace>:<port>` is that port of that pod.
   * Connections are kept and reused.
   */
  readonly pods: Agent;

  private readonly requests: ApiRequests;
  private readonly clock: Clock;

  constructor(
    private readonly access: ClusterAccess,
    { clock = new SystemClock(), timeoutMs = 30_000 }: ConnectOptions,
  ) {
    this.server = access.server;
    this.namespace = access.namespace;
    this.clock = clock;
    this.requests = new ApiRequests(access, clock, timeoutMs);
    this.pods = new PodAgent(access, timeoutMs);
  }

  /**
   * Opens a connection to a port of a pod, by port-forward. The caller closes it.
   *
   * @param timeoutMs after which the API server must have opened it.
   * @throws PodConnectionError
   */
  dial(pod: { namespace: string; name: string }, port: number, timeoutMs: number): Promise<Duplex> {
    return PodStream.open(this.access, { namespace: pod.namespace, pod: pod.name, port }, timeoutMs);
  }

  time(): number | undefined {
    return this.requests.time;
  }

  async get<T extends KubeObject>(ref: ObjectRef, signal?: AbortSignal): Promise<T> {
    return objectIn(await this.requests.send({ method: 'GET', path: objectPath(ref) }, signal));
  }

  async list<T extends KubeObject>(query: ListQuery, signal?: AbortSignal): Promise<ObjectList<T>> {
    const request = { method: 'GET', path: collectionPath(query), query: selectorsOf(query) } as const;
    const { items, resourceVersion } = listIn<T>(await this.requests.send(request, signal));
    // The server omits the kind and version of the items of a list.
    const { apiVersion, kind } = query;
    return { items: items.map((item) => ({ ...item, apiVersion, kind })), resourceVersion };
  }

  async create<T extends KubeObject>(object: T, signal?: AbortSignal): Promise<T> {
    const { apiVersion, kind, metadata } = object;
    const path = collectionPath({ apiVersion, kind, namespace: metadata.namespace ?? 'default' });
    const request = { method: 'POST', path, query: { fieldManager: FIELD_MANAGER }, body: object } as const;
    return objectIn(await this.requests.send(request, signal));
  }

  async patch<T extends KubeObject>(
    ref: ObjectRef,
    patch: Patch,
    options: PatchOptions = {},
    signal?: AbortSignal,
  ): Promise<T> {
    const path = objectPath(ref, options.subresource);
    const dryRun = options.dryRun ? 'All' : undefined;
    if (patch.type === 'merge') return objectIn(await this.merge(path, patch.body, signal, dryRun));
    const { body, fieldManager, force } = patch;
    const metadata = { ...body.metadata, name: ref.name, namespace: ref.namespace };
    const request = {
      method: 'PATCH',
      path,
      query: { fieldManager, force: force ? 'true' : undefined, dryRun },
      body: { ...body, metadata },
      // JSON is YAML.
      contentType: 'application/apply-patch+yaml',
    } as const;
    return objectIn(await this.requests.send(request, signal));
  }

  async scale(ref: ObjectRef, replicas: number, signal?: AbortSignal): Promise<void> {
    await this.merge(objectPath(ref, 'scale'), { spec: { replicas } }, signal);
  }

  async delete(ref: ObjectRef, options: { gracePeriodSeconds?: number } = {}, signal?: AbortSignal): Promise<void> {
    await this.requests.send({ method: 'DELETE', path: objectPath(ref), body: { ...options } }, signal);
  }

  async *watch<T extends KubeObject>(
    query: ListQuery,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>, void> {
    if (signal.aborted) return;
    let from = options.resourceVersion;
    if (from === undefined) {
      // Not the server's own initial events: these are not ordered by version, and could not be resumed.
      const list = await this.list<T>(query, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
      for (const object of list?.items ?? []) {
        if (signal.aborted) return;
        yield { type: 'ADDED', object };
      }
      from = list?.resourceVersion ?? '';
    }
    yield* resumedWatch(
      (version) => this.openWatch(query, version, signal),
      from,
      `${collectionPath(query)} ${query.name ?? ''}`,
      this.clock,
      signal,
    ) as AsyncGenerator<WatchEvent<T>, void>;
  }

  /** Closes the connections that are kept, to the server and to pods. */
  close(): void {
    this.access.close();
    this.pods.destroy();
  }

  private openWatch(query: ListQuery, resourceVersion: string, signal: AbortSignal): AsyncIterable<string> {
    return this.requests.lines(
      {
        method: 'GET',
        path: collectionPath(query),
        query: {
          watch: 'true',
          allowWatchBookmarks: 'true',
          timeoutSeconds: String(WATCH_SECONDS),
          resourceVersion,
          ...selectorsOf(query),
        },
      },
      SILENT_MS,
      signal,
    );
  }

  private merge(path: string, body: object, signal?: AbortSignal, dryRun?: string): Promise<unknown> {
    return this.requests.send(
      {
        method: 'PATCH',
        path,
        query: { fieldManager: FIELD_MANAGER, dryRun },
        body,
        contentType: 'application/merge-patch+json',
      },
      signal,
    );
  }
}
