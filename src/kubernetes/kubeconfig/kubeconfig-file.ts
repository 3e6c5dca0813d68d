import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { KubeconfigError, readable } from './kubeconfig-error';

/** The address of an API server, and how to verify it. */
export interface ClusterEntry {
  server: string;
  tlsServerName: string | undefined;
  insecure: boolean;
  authority: Material;
  proxyUrl: string | undefined;
  /** The configuration for credential plugins of this cluster. */
  pluginConfig: unknown;
}

/** The credentials of a user. */
export interface UserEntry {
  certificate: Material;
  key: Material;
  token: string | undefined;
  /** Wins over `token`; it is read again for each request, because its token is replaced. */
  tokenFile: string | undefined;
  username: string | undefined;
  password: string | undefined;
  impersonate: Impersonation;
  plugin: PluginEntry | undefined;
  /** Name of an auth provider that was once built into clients. */
  provider: { name: string; config: Readonly<Record<string, string>> } | undefined;
}

/** Whose rights are used instead of the user's own. */
export interface Impersonation {
  user?: string | undefined;
  uid?: string | undefined;
  groups: readonly string[];
  extra: Readonly<Record<string, readonly string[]>>;
}

/** A program that returns credentials. */
export interface PluginEntry {
  apiVersion: string;
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  installHint: string | undefined;
  provideClusterInfo: boolean;
  interactiveMode: 'Never' | 'IfAvailable' | 'Always';
}

export interface ContextEntry {
  cluster: string;
  user: string;
  namespace: string | undefined;
}

/** A certificate or a key: its data, or its file. The data win over the file. */
export interface Material {
  data: Buffer | undefined;
  file: string | undefined;
}

/** One kubeconfig, or several merged into one. */
export interface Kubeconfig {
  currentContext: string;
  clusters: ReadonlyMap<string, ClusterEntry>;
  users: ReadonlyMap<string, UserEntry>;
  contexts: ReadonlyMap<string, ContextEntry>;
}

/** A null is the same as an absent value there. */
const optional = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? undefined);
const text = optional(z.string('must be a string: put it in quotes'));
const flag = optional(z.boolean('must be true or false'));
const texts = optional(z.array(z.string('must be a string: put it in quotes'))).transform((value) => value ?? []);
const base64 = optional(
  z
    .string('must be a string')
    .transform((value) => value.replace(/\s+/g, ''))
    .refine((value) => /^[A-Za-z0-9+/]*={0,2}$/.test(value) && value.length % 4 === 0, 'must be base64'),
).transform((value) => (value ? Buffer.from(value, 'base64') : undefined));

const name = z.string('must be a string');
const list = <T extends z.ZodType>(entry: T) => optional(z.array(entry)).transform((entries) => entries ?? []);
/** An absent entry is the same as an empty one. */
const orEmpty = <T extends z.ZodObject>(body: T) => body.nullish().transform((value) => value ?? body.parse({}));

const CLUSTER = z.object({
  server: text,
  'tls-server-name': text,
  'insecure-skip-tls-verify': flag,
  'certificate-authority': text,
  'certificate-authority-data': base64,
  'proxy-url': text,
  extensions: optional(z.array(z.object({ name: z.string(), extension: z.unknown() }))),
});

const PLUGIN = z.object({
  apiVersion: text,
  command: text,
  args: texts,
  env: optional(z.array(z.object({ name: z.string(), value: z.string() }))),
  installHint: text,
  provideClusterInfo: flag,
  interactiveMode: optional(z.enum(['Never', 'IfAvailable', 'Always'], 'must be Never, IfAvailable or Always')),
});

const USER = z.object({
  'client-certificate': text,
  'client-certificate-data': base64,
  'client-key': text,
  'client-key-data': base64,
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  as: text,
  'as-uid': text,
  'as-groups': texts,
  'as-user-extra': optional(z.record(z.string(), z.array(z.string()))),
  exec: optional(PLUGIN),
  'auth-provider': optional(
    z.object({ name: z.string(), config: optional(z.record(z.string(), z.string())).transform((all) => all ?? {}) }),
  ),
});

const CONTEXT = z.object({ cluster: text, user: text, namespace: text });

const FILE = z.object({
  'current-context': text,
  clusters: list(z.object({ name, cluster: orEmpty(CLUSTER) })),
  users: list(z.object({ name, user: orEmpty(USER) })),
  contexts: list(z.object({ name, context: orEmpty(CONTEXT) })),
});

/** The supported versions of the plugin API. */
const PLUGIN_VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

/**
 * Reads a kubeconfig. An empty text is an empty kubeconfig, as in kubectl.
 *
 * @param source where the text is from, for errors
 * @param folder which relative paths start from
 * @throws KubeconfigError with all problems, by path; it shows no value, because values may be secret
 */
export function parseKubeconfig(content: string, source: string, folder: string): Kubeconfig {
  const read = FILE.safeParse(parsed(content, source) ?? {});
  if (!read.success)
    throw wrong(
      source,
      read.error.issues.map(({ path: at, message }) => `${pathText(at)} ${message}`),
    );
  const { data } = read;
  const problems: string[] = [];
  const byName = <E extends { name: string }, R>(kind: keyof typeof data, all: E[], make: Make<E, R>) => {
    const entries = new Map<string, R>();
    all.forEach((entry, index) => {
      const problem = (what: string) => problems.push(`${kind}[${index}].${what}`);
      if (entries.has(entry.name)) problem('name is used by an earlier entry');
      entries.set(entry.name, make(entry, problem));
    });
    return entries;
  };
  const within = (file: string | undefined) => (file ? path.resolve(folder, file) : undefined);
  const config: Kubeconfig = {
    currentContext: data['current-context'] ?? '',
    clusters: byName('clusters', data.clusters, ({ cluster }) => clusterEntry(cluster, within)),
    users: byName('users', data.users, ({ user }, problem) => userEntry(user, within, folder, problem)),
    contexts: byName('contexts', data.contexts, ({ context: { cluster = '', user = '', namespace } }) => {
      return { cluster, user, namespace: namespace || undefined };
    }),
  };
  if (problems.length > 0) throw wrong(source, problems);
  return config;
}

type Make<E, R> = (entry: E, problem: (what: string) => void) => R;
type Within = (file: string | undefined) => string | undefined;

/** Of several documents the first counts, and of duplicate keys the last, as in kubectl. */
function parsed(content: string, source: string): unknown {
  const [document] = parseAllDocuments(content.replace(/^\uFEFF/, ''), { merge: true, uniqueKeys: false });
  if (document === undefined) return undefined;
  const [error] = document.errors;
  if (error) throw wrong(source, [readable(error)]);
  return document.toJS();
}

function clusterEntry(cluster: z.output<typeof CLUSTER>, within: Within): ClusterEntry {
  const extension = cluster.extensions?.find(({ name }) => name === 'client.authentication.k8s.io/exec');
  return {
    server: cluster.server ?? '',
    tlsServerName: cluster['tls-server-name'] || undefined,
    insecure: cluster['insecure-skip-tls-verify'] ?? false,
    authority: { data: cluster['certificate-authority-data'], file: within(cluster['certificate-authority']) },
    proxyUrl: cluster['proxy-url'] || undefined,
    pluginConfig: extension?.extension,
  };
}

function userEntry(
  user: z.output<typeof USER>,
  within: Within,
  folder: string,
  problem: (what: string) => void,
): UserEntry {
  const impersonate = {
    user: user.as || undefined,
    uid: user['as-uid'] || undefined,
    groups: user['as-groups'],
    extra: user['as-user-extra'] ?? {},
  };
  const plugin = user.exec && pluginEntry(user.exec, folder, problem);
  return {
    certificate: { data: user['client-certificate-data'], file: within(user['client-certificate']) },
    key: { data: user['client-key-data'], file: within(user['client-key']) },
    token: user.token || undefined,
    tokenFile: within(user.tokenFile),
    username: user.username || undefined,
    password: user.password,
    impersonate,
    plugin,
    provider: user['auth-provider'],
  };
}

function pluginEntry(
  plugin: z.output<typeof PLUGIN>,
  folder: string,
  problem: (what: string) => void,
): PluginEntry | undefined {
  const { apiVersion = '', command = '', args, env = [], installHint, provideClusterInfo = false } = plugin;
  if (!command) problem('user.exec.command is missing');
  if (!PLUGIN_VERSIONS.includes(apiVersion)) {
    problem(`user.exec.apiVersion must be ${PLUGIN_VERSIONS.join(' or ')}`);
  }
  return {
    apiVersion,
    // A bare name is looked up on the PATH, a path is relative to the kubeconfig.
    command: /[/\\]/.test(command) ? path.resolve(folder, command) : command,
    args,
    env: Object.fromEntries(env.map(({ name, value }) => [name, value])),
    installHint: installHint?.trim() || undefined,
    provideClusterInfo,
    interactiveMode: plugin.interactiveMode ?? 'IfAvailable',
  };
}

function pathText(at: readonly PropertyKey[]): string {
  return (
    at
      .reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${String(key)}`), '')
      .replace(/^\./, '') || 'it'
  );
}

function wrong(source: string, problems: readonly string[]): KubeconfigError {
  return new KubeconfigError(`the kubeconfig ${source}: ${problems.join('; ')}`);
}
