import { readFileSync } from 'node:fs';
import { type Agent, validateHeaderValue } from 'node:http';
import tls, { type SecureContextOptions } from 'node:tls';
import { CredentialPlugin } from './kubeconfig/credential-plugin';
import { CredentialsError, KubeconfigError, readable } from './kubeconfig/kubeconfig-error';
import type { ClusterEntry, Impersonation, Kubeconfig, Material, UserEntry } from './kubeconfig/kubeconfig-file';
import { type KubeconfigSource, loadKubeconfig, NOBODY } from './kubeconfig/load-kubeconfig';
import { tokenOfProvider } from './kubeconfig/oidc-provider';
import { agentTo } from './kubeconfig/proxy';
import { trustedRoots } from './kubeconfig/trusted-roots';

export interface KubeconfigOptions extends KubeconfigSource {
  /**
   * Name of a context.
   *
   * @default - the current context of the kubeconfig
   */
  context?: string;
  /**
   * Whose rights are used, as by `kubectl --as`, `--as-group` and `--as-uid`.
   *
   * @default - what the user's entry in the kubeconfig says, else the user's own
   */
  impersonate?: Partial<Impersonation>;
}

/** What one request needs beside its own: the way to the server, by what it is known, and who asks. */
export interface RequestAccess extends SecureContextOptions {
  agent: Agent;
  headers: Record<string, string | string[]>;
  servername?: string;
  rejectUnauthorized?: boolean;
}

/**
 * Where an API server is, and by what a request to it is authenticated: client certificates, tokens, token files, passwords and
 * credential plugins of a kubeconfig, or the service account of a pod. What kubectl accepts is accepted.
 */
export class ClusterAccess {
  /** Base URL, without a slash at the end. */
  readonly server: string;
  /** Namespace of the context. */
  readonly namespace: string;
  /** Counts how often credentials were asked for anew. */
  generation = 0;

  private entries: Entries;
  private plugin: CredentialPlugin | undefined;
  /** Files as they were last read: one that is being replaced at this moment stays as it was. */
  private readonly files = new Map<string, Buffer>();
  private checked: string | undefined;
  private roots: (string | Buffer)[] | undefined;

  private constructor(
    private readonly options: KubeconfigOptions,
    entries: Entries,
    server: URL,
    private readonly agent: Agent,
  ) {
    this.entries = entries;
    this.server = server.href.replace(/\/+$/, '');
    this.namespace = entries.namespace;
    this.usePlugin();
  }

  /** @throws KubeconfigError */
  static async load(options: KubeconfigOptions): Promise<ClusterAccess> {
    const entries = entriesBy(options);
    const server = serverOf(entries.cluster, entries.clusterName);
    const agent = await agentTo(server, entries.cluster.proxyUrl, process.env);
    return new ClusterAccess(options, entries, server, agent);
  }

  /**
   * Asks for the credentials anew: reads the kubeconfig again, and forgets what a credential plugin has returned. What cannot be read
   * in this moment stays as it was.
   *
   * @param generation of the credentials that were refused: others may have been asked for meanwhile
   */
  renew(generation: number): void {
    if (generation !== this.generation) return;
    this.generation++;
    this.plugin?.forget();
    let next: Entries;
    try {
      next = entriesBy(this.options);
    } catch (error) {
      if (error instanceof KubeconfigError) return;
      throw error;
    }
    const isSame = JSON.stringify(next.user.plugin) === JSON.stringify(this.entries.user.plugin);
    this.entries = next;
    if (!isSame) this.usePlugin();
  }

  /** What one request needs; read anew for each, as tokens and certificates are replaced. @throws CredentialsError */
  async request(signal?: AbortSignal): Promise<RequestAccess> {
    const { cluster, user } = this.entries;
    const { agent } = this;
    // No secret goes over the wire in clear: kubectl, too, is nobody there.
    if (!this.isPrivate) return { agent, headers: {} };
    const cert = this.read(user.certificate, `the client certificate of the user ${this.entries.userName}`);
    const key = this.read(user.key, `the client key of the user ${this.entries.userName}`);
    const own = this.ownAuthorization();
    // As for kubectl, a plugin is asked by those who have nothing of their own.
    const known = own || cert ? undefined : await this.plugin?.credentials(signal);
    const headers = this.headers(own ?? (known?.token ? `Bearer ${known.token}` : undefined));
    if (!this.server.startsWith('https:')) return { agent, headers };
    const ca = this.authority();
    const pair = { cert: cert ?? known?.certificate, key: key ?? known?.key };
    const secure = { ...(pair.cert && pair.key && pair), ...(ca && { ca }) };
    this.check(secure);
    return {
      agent,
      headers,
      ...secure,
      ...(cluster.tlsServerName && { servername: cluster.tlsServerName }),
      ...(cluster.insecure ? { rejectUnauthorized: false } : !ca && { ca: this.trustedRoots }),
    };
  }

  /** Read once: they are many, and of the system. */
  private get trustedRoots(): (string | Buffer)[] {
    this.roots ??= trustedRoots(process.env);
    return this.roots;
  }

  /** Closes the connections that are kept. */
  close(): void {
    this.agent.destroy();
  }

  /** Whether nobody else sees what is sent. */
  private get isPrivate(): boolean {
    return /^https:|^http:\/\/(127(\.\d+){3}|\[::1\]|localhost)(:|\/|$)/.test(this.server);
  }

  private usePlugin(): void {
    const { cluster, user, userName } = this.entries;
    this.plugin = user.plugin && new CredentialPlugin(userName, user.plugin, cluster, () => this.authority());
  }

  private authority(): Buffer | undefined {
    const { cluster, clusterName } = this.entries;
    return cluster.insecure ? undefined : this.read(cluster.authority, `the authority of the cluster ${clusterName}`);
  }

  private headers(authorization: string | undefined): Record<string, string | string[]> {
    const { user, userName } = this.entries;
    if (authorization !== undefined) {
      try {
        validateHeaderValue('authorization', authorization);
      } catch {
        const what = `the token or password of the user ${userName} has a character that HTTP does not take`;
        throw new CredentialsError(what, 'take out what was copied along with it, such as a line break');
      }
    }
    return {
      ...(authorization !== undefined && { authorization }),
      ...impersonation({ ...user.impersonate, ...this.options.impersonate }, userName),
    };
  }

  /** What the kubeconfig itself has. A token file wins over a token, as long as there is something in it. */
  private ownAuthorization(): string | undefined {
    const { user, userName } = this.entries;
    const token = this.tokenInFile() || user.token || tokenOfProvider(user.provider, userName);
    if (token) return `Bearer ${token}`;
    if (user.username === undefined) return undefined;
    return `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`;
  }

  private tokenInFile(): string | undefined {
    const { user, userName } = this.entries;
    if (user.tokenFile === undefined) return undefined;
    try {
      return this.read({ data: undefined, file: user.tokenFile }, `the token file of the user ${userName}`)
        ?.toString()
        .trim();
    } catch (error) {
      if (user.token === undefined) throw error;
      return undefined;
    }
  }

  /** @throws CredentialsError when it cannot be read, and never could */
  private read({ data, file }: Material, what: string): Buffer | undefined {
    if (data || !file) return data;
    try {
      const content = readFileSync(file);
      this.files.set(file, content);
      return content;
    } catch (error) {
      const known = this.files.get(file);
      if (known) return known;
      throw new CredentialsError(
        `${what}, ${file}: ${readable(error)}`,
        'correct its path in the kubeconfig, or log in again',
      );
    }
  }

  /** Whether TLS can use them: once for each. @throws CredentialsError */
  private check(secure: SecureContextOptions): void {
    const seen = Object.values(secure).map(String).join();
    if (seen === this.checked) return;
    try {
      tls.createSecureContext(secure);
    } catch (error) {
      const what = `the client certificate or key of the user ${this.entries.userName}, or the authority of the cluster,`;
      throw new CredentialsError(
        `${what} cannot be used: ${readable(error)}`,
        'they must be PEM, and belong together: log in again',
      );
    }
    this.checked = seen;
  }
}

/** What the kubeconfig says of the context that is wanted. */
interface Entries {
  cluster: ClusterEntry;
  clusterName: string;
  user: UserEntry;
  userName: string;
  namespace: string;
}

/** @throws KubeconfigError */
function entriesBy(options: KubeconfigOptions): Entries {
  const config = loadKubeconfig(options);
  const contextName = options.context ?? config.currentContext;
  const context = config.contexts.get(contextName);
  if (!context) throw noContext(contextName, config);
  const cluster = config.clusters.get(context.cluster);
  if (!cluster) {
    throw new KubeconfigError(
      `the context ${contextName} names the cluster ${context.cluster || '""'}, which is not in the kubeconfig`,
    );
  }
  const user = config.users.get(context.user) ?? NOBODY;
  return {
    cluster,
    clusterName: context.cluster,
    user,
    userName: context.user,
    namespace: context.namespace ?? 'default',
  };
}

function noContext(wanted: string, { contexts }: Kubeconfig): KubeconfigError {
  const problem = wanted ? `the context ${wanted} is not in the kubeconfig` : 'the kubeconfig has no current context';
  return new KubeconfigError(`${problem}; it has ${[...contexts.keys()].join(', ') || 'none'}`);
}

function serverOf({ server, insecure, authority }: ClusterEntry, name: string): URL {
  // As for kubectl, what names no scheme is secure where there is something to know the server by.
  const scheme = insecure || authority.data || authority.file ? 'https://' : 'http://';
  const full = server.includes('://') ? server : `${scheme}${server}`;
  if (server === '' || !URL.canParse(full) || !/^https?:/i.test(full)) {
    throw new KubeconfigError(
      `the cluster ${name} in the kubeconfig has no server that is a URL of http:// or https://`,
    );
  }
  return new URL(full);
}

/** @throws CredentialsError when there are groups, and nobody who is in them */
function impersonation({ user, uid, groups = [], extra = {} }: Partial<Impersonation>, userName: string) {
  if (user === undefined) {
    if (!uid && groups.length === 0 && Object.keys(extra).length === 0) return {};
    const fix = 'add `as` to the user in the kubeconfig, or give --as';
    throw new CredentialsError(`the user ${userName} acts for groups, a uid or extras without a user`, fix);
  }
  const extras = Object.entries(extra).map(
    ([key, values]) => [`impersonate-extra-${escaped(key)}`, values.map(inHeader)] as const,
  );
  return {
    'impersonate-user': inHeader(user),
    ...(uid && { 'impersonate-uid': inHeader(uid) }),
    ...(groups.length > 0 && { 'impersonate-group': groups.map(inHeader) }),
    ...Object.fromEntries(extras),
  };
}

/** Headers are bytes: names beyond ASCII go as UTF-8. */
function inHeader(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** What a header's name does not take, percent-encoded. @see client-go, transport/round_trippers.go */
function escaped(key: string): string {
  const legal = /[!#$&'*+\-.^_`|~0-9A-Za-z]/;
  return [...Buffer.from(key)]
    .map((byte) => [byte, String.fromCharCode(byte)] as const)
    .map(([byte, char]) => (legal.test(char) ? char.toLowerCase() : `%${byte.toString(16).padStart(2, '0')}`))
    .join('');
}
