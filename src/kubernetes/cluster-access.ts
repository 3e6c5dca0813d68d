import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node' with { 'resolution-mode': 'import' };

export interface KubeconfigOptions {
  /**
   * Path of a kubeconfig file.
   *
   * @default - as kubectl: `$KUBECONFIG`, then `~/.kube/config`; and inside of a pod without these its service account
   */
  kubeconfig?: string;
  /**
   * A kubeconfig itself, in YAML or JSON; it takes the place of a file. It is secret, and no error shows any of it.
   *
   * @default - the file
   */
  kubeconfigText?: string;
  /**
   * Name of a context.
   *
   * @default - the current context of the kubeconfig
   */
  context?: string;
}

/** There is no way to the cluster: no kubeconfig, no such context, or the optional Kubernetes client is not installed. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError';
}

/**
 * Where an API server is, and by what a request to it is authenticated: client certificates, tokens, token files and
 * credential plugins of a kubeconfig, or the service account of a pod.
 */
export class ClusterAccess {
  /** Base URL, without a slash at the end. */
  readonly server: string;
  /** Namespace of the context. */
  readonly namespace: string;
  /** Whether requests go through the `proxy-url` of the kubeconfig. */
  readonly proxied: boolean;

  /** Counts how often credentials were asked for anew. */
  generation = 0;
  private renewing: Promise<void> | undefined;

  private constructor(
    private current: KubeConfig,
    private readonly options: KubeconfigOptions,
  ) {
    const config = current;
    const cluster = config.getCurrentCluster();
    if (!cluster) throw new KubeconfigError(`the context ${config.getCurrentContext()} names no cluster`);
    this.server = cluster.server;
    this.namespace = config.getContextObject(config.getCurrentContext())?.namespace || 'default';
    this.proxied = cluster.proxyUrl !== undefined;
  }

  /** @throws KubeconfigError */
  static async load(options: KubeconfigOptions): Promise<ClusterAccess> {
    return new ClusterAccess(await configBy(options), options);
  }

  get config(): KubeConfig {
    return this.current;
  }

  /**
   * Asks for the credentials anew: reads the kubeconfig again, and forgets what a credential plugin has returned. What cannot be read
   * in this moment stays as it was.
   *
   * @param generation of the credentials that were refused: others may have been asked for meanwhile
   */
  async renew(generation: number): Promise<void> {
    if (generation !== this.generation) return;
    this.renewing ??= configBy(this.options)
      .then((config) => {
        this.current = config;
        this.generation++;
      })
      .catch(() => undefined)
      .finally(() => {
        this.renewing = undefined;
      });
    await this.renewing;
  }

  /** What `node:https` needs for one request; read anew each time, since tokens are renewed. */
  async requestOptions(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    await this.config.applyToHTTPSOptions(options);
    // Made for this one request; connections are to be kept.
    if (!this.proxied) delete options.agent;
    return options;
  }
}

/** What the kubeconfig says now, with the context that is wanted. @throws KubeconfigError */
async function configBy({ kubeconfig, kubeconfigText, context }: KubeconfigOptions): Promise<KubeConfig> {
  const config = new (await kubernetesClient()).KubeConfig();
  try {
    if (kubeconfigText !== undefined) config.loadFromString(kubeconfigText);
    else if (kubeconfig !== undefined) config.loadFromFile(kubeconfig);
    else config.loadFromDefault(undefined, true);
  } catch (error) {
    const source = kubeconfigText === undefined ? (kubeconfig ?? process.env['KUBECONFIG'] ?? '') : 'that is given';
    throw new KubeconfigError(`the kubeconfig ${source}: ${readable(error)}`);
  }
  // What the client falls back to when it found nothing at all.
  if (config.getCurrentContext() === 'loaded-context') {
    throw new KubeconfigError('no kubeconfig: set KUBECONFIG, or name a file');
  }
  const names = config.getContexts().map(({ name }) => name);
  const wanted = context ?? config.getCurrentContext();
  if (!names.includes(wanted)) {
    const problem = wanted ? `the context ${wanted} is not in the kubeconfig` : 'the kubeconfig has no current context';
    throw new KubeconfigError(`${problem}; it has ${names.join(', ') || 'none'}`);
  }
  config.setCurrentContext(wanted);
  // The client takes plain HTTP only where no certificate is to be checked, and on loopback there is nobody to check.
  const cluster = config.getCurrentCluster();
  if (cluster && /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:|$)/.test(cluster.server)) {
    Object.assign(cluster, { skipTLSVerify: true });
  }
  return config;
}

/** The Kubernetes client, an optional peer dependency: loaded when a cluster is really talked to. */
export async function kubernetesClient() {
  try {
    return await import('@kubernetes/client-node');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new KubeconfigError(
      'talking to a cluster needs the package @kubernetes/client-node: npm install it, in version 1.4',
    );
  }
}

/** What went wrong, without the excerpt that parsers print: it may be a token. */
export function readable(error: unknown): string {
  const { name, code, reason, mark, message } = error as Error & {
    code?: unknown;
    reason?: unknown;
    mark?: { line: number };
  };
  if (name === 'SyntaxError') return 'not JSON';
  if (typeof reason === 'string' && mark) return `${reason}, line ${mark.line + 1}`;
  return typeof code === 'string' ? code : message.trim();
}
