import { type KubeApi, KubeApiError, type KubeObject, type ListQuery } from '../../src/kubernetes/kube-api';

/** An API server on which the contract runs. */
export interface ContractSubject {
  api: KubeApi;
  /** An empty namespace. */
  namespace: string;
  /** Runs one test; where time is virtual, it passes meanwhile. */
  run(test: () => Promise<void>): Promise<void>;
  /** A version behind which this server has forgotten what happened. */
  expired(): Promise<string>;
}

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

export interface Service extends KubeObject {
  spec: { type?: string; clusterIP?: string; selector?: Record<string, string>; ports: object[] };
}

export interface Pod extends KubeObject {
  spec: object;
  status?: { phase?: string; conditions?: { type: string; status: string }[] };
}

export interface StatefulSet extends KubeObject {
  spec: { replicas?: number };
  status?: object;
}

export interface Emqx extends KubeObject {
  spec: { replicas?: number; blueGreenUpdate?: { initialDelaySeconds?: number } };
  status?: { readyReplicas?: number };
}

export const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' };
const EMQX = { apiVersion: 'apps.emqx.io/v1beta4', kind: 'EmqxEnterprise' };

/** What the tests of the contract are said in. */
export type Means = ReturnType<typeof meansOf>;

export function meansOf(subject: ContractSubject) {
  const { api, namespace } = subject;
  const ref = (name: string) => ({ ...CONFIG_MAP, namespace, name });
  const map = (name: string, data: Record<string, string> = {}, labels?: Record<string, string>): ConfigMap => ({
    ...CONFIG_MAP,
    metadata: { name, namespace, ...(labels && { labels }) },
    data,
  });
  const template = { containers: [{ name: 'emqx', image: 'emqx/emqx-ee:4.4.14' }], schedulerName: 'nobody' };
  const named = <T extends KubeObject>(kind: { apiVersion: string; kind: string }, name: string, body: object) => ({
    ref: { ...kind, namespace, name },
    object: { ...kind, metadata: { name, namespace }, ...body } as T,
  });
  return {
    ...subject,
    ref,
    map,
    pod: (name: string) => named<Pod>({ apiVersion: 'v1', kind: 'Pod' }, name, { spec: template }),
    /** Without a replica, so that nobody writes its status twice. */
    statefulSet: (name: string) =>
      named<StatefulSet>({ apiVersion: 'apps/v1', kind: 'StatefulSet' }, name, {
        spec: {
          replicas: 0,
          serviceName: 'headless',
          selector: { matchLabels: { app: name } },
          template: { metadata: { labels: { app: name } }, spec: template },
        },
      }),
    emqx: (name: string) =>
      named<Emqx>(EMQX, name, {
        spec: { replicas: 3, template: { spec: { emqxContainer: { image: { version: '4.4.14' } } } } },
      }),
    all: (labels?: Record<string, string>): ListQuery => ({ ...CONFIG_MAP, namespace, ...(labels && { labels }) }),
    apply: (fieldManager: string, data: Record<string, string>, force?: boolean) =>
      api.patch<ConfigMap>(ref('applied'), {
        type: 'apply',
        body: { ...CONFIG_MAP, metadata: { name: 'applied' }, data } as ConfigMap,
        fieldManager,
        ...(force && { force }),
      }),
    /** Status and reason of a refusal. */
    refusal: async (work: Promise<unknown>): Promise<string> => {
      const error = await work.then(
        () => 'not refused',
        (reason: unknown) => reason,
      );
      return error instanceof KubeApiError ? `${error.status} ${error.code}` : String(error);
    },
    /** The first `count` events of a watch; `meanwhile` happens once the first of them was seen. */
    events: async (
      query: ListQuery,
      resourceVersion: string | undefined,
      count: number,
      meanwhile?: () => Promise<unknown>,
    ): Promise<string[]> => {
      const end = new AbortController();
      const seen: string[] = [];
      const options = resourceVersion === undefined ? {} : { resourceVersion };
      for await (const { type, object } of api.watch(query, options, end.signal)) {
        if (seen.push(`${type} ${object.metadata.name}`) === 1) await meanwhile?.();
        if (seen.length === count) break;
      }
      end.abort();
      return seen;
    },
  };
}
