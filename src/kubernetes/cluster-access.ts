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
   * Whose rights are used, as with `kubectl --as`, `--as-group` and `--as-uid`.
   *
   * @default - as in the user's entry of the kubeconfig, otherwise the user's own
   */
  impersonate?: Partial<Impersonation>;
}

/** Connection settings of one request: the agent, with the trusted certificates, and the user's credentials. */
export interface RequestAccess extends SecureContextOptions {
  agent: Agent;
  headers: Record<string, string | string[]>;
  servername?: string;
  rejectUnauthorized?: boolean;
}

/**
 * The address of an API server, and the authentication of requests: client certificates, tokens, token files, passwords and
 * credential plugins of a kubeconfig, or the service account of a pod. Accepts what kubectl accepts.
 */
export class ClusterAccess {
  /** Base URL, without a trailing slash. */
  readonly server: string;
  /** Namespace of the context. */
  readonly namespace: string;
  /** Counts how often credentials were renewed. */
  generation = 0;

  private entries: Entries;
  private plugin: CredentialPlugin | undefined;
  /** Files as they were last read: for a file that is being replaced right now. */
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
   * Renews the credentials: reads the kubeconfig again, and discards what a credential plugin has returned. What cannot be read
   * right now stays as it was.
   *
   * @param generation of the credentials that were refused: they may have been renewed meanwhile
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

  /** Connection settings of one request; read again for each, because tokens and certificates are replaced. @throws CredentialsError */
  async request(signal?: AbortSignal): Promise<RequestAccess> {
    const { cluster, user } = this.entries;
    const { agent } = this;
    // No secret is sent unencrypted: kubectl, too, is anonymous there.
    if (!this.isPrivate) return { agent, headers: {} };
    const cert = this.read(user.certificate, `the client certificate of the user ${this.entries.userName}`);
    const key = this.read(user.key, `the client key of the user ${this.entries.userName}`);
    const own = this.ownAuthorization();
    // As in kubectl, a plugin is used where the user has no credentials of its own.
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

  /** Read once: the system has many of them. */
  private get trustedRoots(): (string | Buffer)[] {
    this.roots ??= trustedRoots(process.env);
    return this.roots;
  }

  /** Closes the connections that are kept. */
  close(): void {
    this.agent.destroy();
  }

  /** Whether what is sent is encrypted or stays on this machine. */
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
        const what = `the token or password of the user ${userName} has a character that HTTP does not allow`;
        throw new CredentialsError(what, 'remove what was copied along with it, such as a line break');
      }
    }
    return {
      ...(authorization !== undefined && { authorization }),
      ...impersonation({ ...user.impersonate, ...this.options.impersonate }, userName),
    };
  }

  /** The credentials in the kubeconfig itself. A token file wins over a token, unless it is empty. */
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

  /** @throws CredentialsError when it cannot be read, and was never read before */
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

  /** Whether TLS can use them; checked once for each. @throws CredentialsError */
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

/** The entries of the wanted context in the kubeconfig. */
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
  // As in kubectl, an address without a scheme means https where the kubeconfig has a TLS setting.
  const scheme = insecure || authority.data || authority.file ? 'https://' : 'http://';
  const full = server.includes('://') ? server : `${scheme}${server}`;
  if (server === '' || !URL.canParse(full) || !/^https?:/i.test(full)) {
    throw new KubeconfigError(`the cluster ${name} in the kubeconfig has no server with an http:// or https:// URL`);
  }
  return new URL(full);
}

/** @throws CredentialsError when groups are given without a user */
function impersonation({ user, uid, groups = [], extra = {} }: Partial<Impersonation>, userName: string) {
  if (user === undefined) {
    if (!uid && groups.length === 0 && Object.keys(extra).length === 0) return {};
    const fix = 'add `as` to the user in the kubeconfig, or give --as';
    throw new CredentialsError(`the user ${userName} impersonates groups, a uid or extras without a user`, fix);
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

/** Characters that a header name does not allow, percent-encoded. @see client-go, transport/round_trippers.go */
function escaped(key: string): string {
  const legal = /[!#$&'*+\-.^_`|~0-9A-Za-z]/;
  return [...Buffer.from(key)]
    .map((byte) => [byte, String.fromCharCode(byte)] as const)
    .map(([byte, char]) => (legal.test(char) ? char.toLowerCase() : `%${byte.toString(16).padStart(2, '0')}`))
    .join('');
}
