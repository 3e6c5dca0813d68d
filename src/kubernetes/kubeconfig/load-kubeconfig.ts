import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { KubeconfigError, readable } from './kubeconfig-error';
import { type Kubeconfig, parseKubeconfig, type UserEntry } from './kubeconfig-file';

/** Which kubeconfig to use. */
export interface KubeconfigSource {
  /**
   * Path of a kubeconfig file.
   *
   * @default - as kubectl: the list of files in `$KUBECONFIG`, then `~/.kube/config`; inside a pod without these, its service
   * account
   */
  kubeconfig?: string;
  /**
   * The content of a kubeconfig, in YAML or JSON, instead of a file. It is secret, and no error shows any of it.
   *
   * @default - the file
   */
  kubeconfigText?: string;
}

/** Where a pod finds the credentials of its service account. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The kubeconfig, merged as by kubectl: of several files the first one that has a name wins, with its whole entry, and the
 * first one that has a current context; files that do not exist are skipped.
 *
 * @see the documentation of Kubernetes, "Organizing Cluster Access Using kubeconfig Files"
 * @throws KubeconfigError when there is none, or something is wrong in it
 */
export function loadKubeconfig(source: KubeconfigSource, env: NodeJS.ProcessEnv = process.env): Kubeconfig {
  const { kubeconfig, kubeconfigText } = source;
  if (kubeconfigText !== undefined) return parseKubeconfig(kubeconfigText, 'that is given', process.cwd());
  if (kubeconfig !== undefined) return readKubeconfig(kubeconfig);
  const list = [...new Set((env['KUBECONFIG'] ?? '').split(path.delimiter).filter((file) => file !== ''))];
  const files = list.length > 0 ? list : [path.join(homedir(), '.kube', 'config')];
  const found = files.filter((file) => existsSync(file)).map(readKubeconfig);
  const isEmpty = found.every(({ clusters, contexts, users }) => clusters.size + contexts.size + users.size === 0);
  if (!isEmpty) return merged(found);
  const ofPod = inCluster(env);
  if (ofPod) return ofPod;
  if (list.length > 0 && found.length === 0) throw new KubeconfigError(`the kubeconfig ${list.join(', ')}: ENOENT`);
  throw new KubeconfigError(
    found.length > 0
      ? `the kubeconfig ${files.join(', ')} is empty`
      : `no kubeconfig: there is no ${files[0]}; set KUBECONFIG, or name a file`,
  );
}

function readKubeconfig(file: string): Kubeconfig {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    throw new KubeconfigError(`the kubeconfig ${file}: ${readable(error)}`);
  }
  return parseKubeconfig(content, file, path.dirname(path.resolve(file)));
}

function merged(configs: readonly Kubeconfig[]): Kubeconfig {
  return {
    currentContext: configs.find(({ currentContext }) => currentContext !== '')?.currentContext ?? '',
    clusters: firstOf(configs.map(({ clusters }) => clusters)),
    users: firstOf(configs.map(({ users }) => users)),
    contexts: firstOf(configs.map(({ contexts }) => contexts)),
  };
}

function firstOf<T>(maps: readonly ReadonlyMap<string, T>[]): ReadonlyMap<string, T> {
  const all = new Map<string, T>();
  for (const [name, entry] of maps.flatMap((map) => [...map])) if (!all.has(name)) all.set(name, entry);
  return all;
}

/** Of the pod that this process runs in; undefined elsewhere. */
function inCluster(env: NodeJS.ProcessEnv): Kubeconfig | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  const tokenFile = path.join(SERVICE_ACCOUNT, 'token');
  if (!host || !port || !existsSync(tokenFile)) return undefined;
  const name = 'in-cluster';
  const namespaceFile = path.join(SERVICE_ACCOUNT, 'namespace');
  const namespace = existsSync(namespaceFile) ? readFileSync(namespaceFile, 'utf8').trim() : undefined;
  const authority = path.join(SERVICE_ACCOUNT, 'ca.crt');
  const cluster = {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    tlsServerName: undefined,
    insecure: false,
    authority: { data: undefined, file: existsSync(authority) ? authority : undefined },
    proxyUrl: undefined,
    pluginConfig: undefined,
  };
  return {
    currentContext: name,
    clusters: new Map([[name, cluster]]),
    users: new Map([[name, { ...NOBODY, tokenFile }]]),
    contexts: new Map([[name, { cluster: name, user: name, namespace }]]),
  };
}

const NOTHING = { data: undefined, file: undefined };

/** A user without any credentials. */
export const NOBODY: UserEntry = {
  certificate: NOTHING,
  key: NOTHING,
  token: undefined,
  tokenFile: undefined,
  username: undefined,
  password: undefined,
  impersonate: { groups: [], extra: {} },
  plugin: undefined,
  provider: undefined,
};
