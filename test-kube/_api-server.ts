import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';
import type { KindRef, KubeObject } from '../src/kubernetes';
import { labFile } from './_lab';

export interface Answer<T = KubeObject> {
  readonly status: number;
  /** The object, or a Status that tells why there is none. */
  readonly body: T & { message?: string; reason?: string };
  /** Of the header `Warning`. */
  readonly warnings: readonly string[];
}

export interface Content {
  readonly type: 'application/json' | 'application/merge-patch+json' | 'application/apply-patch+yaml';
  readonly body: object;
}

interface Resource {
  name: string;
  kind: string;
  namespaced: boolean;
}

interface Kubeconfig {
  clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
  users: [{ user: { 'client-certificate-data': string; 'client-key-data': string } }];
}

/** The API server itself, without a client that smooths anything: what is sent, and what comes back. */
export class ApiServer {
  /** The control plane's administrator. */
  static admin(): ApiServer {
    const { clusters, users } = parse(readFileSync(labFile('kubeconfig'), 'utf8')) as Kubeconfig;
    const { server, 'certificate-authority-data': ca } = clusters[0].cluster;
    const { 'client-certificate-data': cert, 'client-key-data': key } = users[0].user;
    const [trusted, certificate, secret] = [ca, cert, key].map((data) => Buffer.from(data, 'base64'));
    if (new URL(server).hostname !== '127.0.0.1') throw new Error(`not the control plane of these tests: ${server}`);
    return new ApiServer(server, new https.Agent({ ca: trusted, cert: certificate, key: secret, keepAlive: true }), {});
  }

  private readonly discovered = new Map<string, Promise<Resource[] | undefined>>();

  private constructor(
    private readonly url: string,
    private readonly agent: https.Agent,
    private readonly headers: Readonly<Record<string, string>>,
  ) {}

  /** The same server, asked by a service account. */
  as(namespace: string, account: string): ApiServer {
    return new ApiServer(this.url, this.agent, { 'impersonate-user': `system:serviceaccount:${namespace}:${account}` });
  }

  async request<T = KubeObject>(method: string, path: string, content?: Content): Promise<Answer<T>> {
    const body = content && Buffer.from(JSON.stringify(content.body));
    const headers = {
      ...this.headers,
      // Without the length Node sends the body of a DELETE for the beginning of the next request.
      ...(body && { 'content-type': content.type, 'content-length': body.length }),
    };
    const request = https.request(new URL(path, this.url), { method, agent: this.agent, headers });
    request.end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const answer = await text(response);
    const warning = response.headers['warning'];
    return {
      status: response.statusCode ?? 0,
      body: JSON.parse(answer.startsWith('{') ? answer : JSON.stringify({ message: answer.trim() })),
      warnings: warning === undefined ? [] : [warning].flat(),
    };
  }

  /**
   * Server-side apply, in which no field may be unknown.
   *
   * @throws Error when it is refused
   */
  async apply<T extends KubeObject>(object: T, query: Record<string, string> = {}): Promise<Answer<T>> {
    const parameters = new URLSearchParams({ fieldManager: 'kube-lane', fieldValidation: 'Strict', ...query });
    const path = `${await this.pathOf(object)}?${parameters}`;
    return accepted(await this.request<T>('PATCH', path, { type: 'application/apply-patch+yaml', body: object }));
  }

  /** @throws Error when there is none */
  async read<T extends KubeObject>(object: T): Promise<T> {
    return accepted(await this.request<T>('GET', await this.pathOf(object))).body;
  }

  async delete(object: KubeObject): Promise<void> {
    const body = { propagationPolicy: 'Background' };
    accepted(await this.request('DELETE', await this.pathOf(object), { type: 'application/json', body }));
  }

  /** Makes a namespace, unless it is there. */
  async namespace(name: string): Promise<string> {
    await this.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    return name;
  }

  /** Where the object is, or would be. @throws Error for a kind that the server does not have */
  async pathOf(object: KubeObject): Promise<string> {
    return `${await this.collectionOf(object, object.metadata.namespace)}/${object.metadata.name}`;
  }

  /** Where the objects of a kind are. @throws Error for a kind that the server does not have */
  async collectionOf(kind: KindRef, namespace = 'default'): Promise<string> {
    const resource = await this.resourceOf(kind);
    if (!resource) throw new Error(`there is no ${kind.kind} of ${kind.apiVersion}`);
    const scope = resource.namespaced ? `/namespaces/${namespace}` : '';
    return `${rootOf(kind.apiVersion)}${scope}/${resource.name}`;
  }

  /** How the server names a kind; undefined when it does not have it. */
  async resourceOf({ apiVersion, kind }: KindRef): Promise<Resource | undefined> {
    let discovered = this.discovered.get(apiVersion);
    if (!discovered) {
      discovered = this.request<{ resources?: Resource[] }>('GET', rootOf(apiVersion)).then((it) => it.body.resources);
      this.discovered.set(apiVersion, discovered);
    }
    return (await discovered)?.find((resource) => resource.kind === kind && !resource.name.includes('/'));
  }
}

function rootOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function accepted<T>(answer: Answer<T>): Answer<T> {
  if (answer.status >= 300) throw new Error(`${answer.status}: ${answer.body.message}`);
  return answer;
}
