import { type EmqxResource, HIDDEN, overLive, withVersion } from '../resource';
import type { Driver, Limits, Pacing, UpgradeRequest } from '../upgrade';
import type { ClusterFlags, Connection, WantedCluster } from './connection';
import { kindOfType } from './kinds';
import { OptionReader } from './options';
import { requestTimeoutMs } from './request-timeout';

/** The options that say what to upgrade to. */
export interface WantedFlags extends ClusterFlags {
  file?: string;
  setVersion?: string;
}

/** The option that leaves out the sample of the devices. */
export interface FleetFlags {
  fleet?: boolean;
}

/** The options that say how to upgrade. */
export interface DriveFlags extends WantedFlags {
  driver: Driver;
  rate?: string;
  pacing?: Pacing;
  acceptLoss?: boolean;
  acceptDowngrade?: boolean;
  readyTimeout?: string;
  stallTimeout?: string;
  offlineBudget?: string;
  backPercent?: string;
  onFailure?: Limits['onFailure'];
  onLoss?: Limits['onLoss'];
}

/** Which cluster is meant, and what it is to become, as far as the command line says so. */
export interface Wanted extends WantedCluster {
  manifest: EmqxResource | undefined;
  version: string | undefined;
}

/** Reads what names the cluster, and what to upgrade to: nothing, a manifest, or a version. */
export function readWanted(reader: OptionReader, argument: string | undefined, flags: WantedFlags): Wanted {
  const { file, setVersion } = flags;
  const { kind, name } = nameIn(reader, argument);
  const namespace = readDriver(reader, flags);
  if (file !== undefined && setVersion !== undefined) {
    reader.problem({
      path: '--set-version',
      value: setVersion,
      bound: 'left out when --file is given',
      reason: 'the manifest states the version',
      fix: 'give only one of them',
    });
  }
  const version = setVersion === undefined ? undefined : reader.version('--set-version', setVersion, kind);
  const manifest = file === undefined ? undefined : reader.manifest('--file', file)?.resource;
  if (!manifest) return { kind, name, namespace, manifest, version };
  const { metadata } = manifest;
  isOf(reader, '[name]', kind, manifest.kind);
  isOf(reader, '[name]', name, metadata.name);
  isOf(reader, '--namespace', namespace, metadata.namespace);
  return { kind: manifest.kind, name: metadata.name, namespace: namespace ?? metadata.namespace, manifest, version };
}

/** Reads how to reach the cluster; returns the namespace. */
export function readDriver(
  reader: OptionReader,
  { namespace, emqxUrl, requestTimeout }: ClusterFlags,
): string | undefined {
  reader.name('--namespace', namespace);
  if (emqxUrl !== undefined) checkUrl(reader, emqxUrl);
  if (requestTimeout !== undefined && requestTimeoutMs(requestTimeout) === undefined) {
    reader.problem({
      path: '--request-timeout',
      value: requestTimeout,
      bound: 'a time with its unit, such as 10s or 1m30s, or 0 for no timeout',
      reason: 'it is read as kubectl reads it',
      fix: 'give one, or leave --request-timeout out',
    });
  }
  return namespace;
}

/**
 * The same for a command that has no other options.
 *
 * @throws InputError with all that is wrong
 */
export function wantedBy(name: string | undefined, flags: WantedFlags): Wanted {
  const reader = new OptionReader();
  const wanted = readWanted(reader, name, flags);
  reader.done();
  return wanted;
}

/** What is requested for a cluster, as far as it is known before the cluster is read. */
export interface Demand {
  wanted: Wanted;
  requestOn(connection: Connection): UpgradeRequest;
}

/** Reads a whole request, in which what to upgrade to is required. */
export function readRequest(reader: OptionReader, name: string | undefined, flags: DriveFlags): Demand {
  const { file, setVersion, driver, rate, pacing, backPercent, acceptLoss, acceptDowngrade } = flags;
  if (file === undefined && setVersion === undefined) {
    reader.problem({
      path: '--file or --set-version',
      value: undefined,
      bound: 'given',
      reason: 'one of them says what to upgrade to',
      fix: 'give a manifest with -f, or a version, for example --set-version 4.4.15',
    });
  }
  const wanted = readWanted(reader, name, flags);
  const limits = readLimits(reader, flags);
  const stormCap = rate === undefined ? undefined : reader.rate('--rate', rate);
  const back =
    backPercent === undefined
      ? undefined
      : reader.wholeNumber('--back-percent', backPercent, 1, 100, 'it is a share of the count before the upgrade');
  if (acceptLoss && driver === 'pilot') {
    reader.problem({
      path: '--accept-loss',
      value: true,
      bound: 'left out with --driver pilot',
      reason: 'the pilot loses no sessions',
      fix: 'leave it out, or add --driver operator',
    });
  }
  return {
    wanted,
    requestOn: (connection) => ({
      desired: desiredOf(wanted, connection)!,
      driver,
      stormCap,
      pacing,
      acceptLoss,
      acceptDowngrade,
      backPercent: back,
      limits,
    }),
  };
}

/** When the run stops by itself, as far as the options say so. */
function readLimits(reader: OptionReader, flags: DriveFlags): Partial<Limits> {
  const { readyTimeout, stallTimeout, offlineBudget, onFailure, onLoss } = flags;
  const ms = (flag: string, text: string) =>
    1000 * reader.wholeNumber(flag, text, 1, 86_400, 'it is a number of seconds, up to a day');
  return {
    ...(readyTimeout !== undefined && { readyMs: ms('--ready-timeout', readyTimeout) }),
    ...(stallTimeout !== undefined && { stallMs: ms('--stall-timeout', stallTimeout) }),
    ...(offlineBudget !== undefined && {
      offlineBudget: reader.offlineBudget('--offline-budget', offlineBudget),
    }),
    ...(onFailure && { onFailure }),
    ...(onLoss && { onLoss }),
  };
}

/**
 * The desired resource; undefined when no option says what it is.
 *
 * @throws InputError when the cluster is of a kind that has no such version
 */
export function desiredOf(
  { manifest, version }: Wanted,
  { namespace, live }: Pick<Connection, 'namespace' | 'live'>,
): EmqxResource | undefined {
  // The namespace is part of the names of the nodes, which are among the defaults.
  if (manifest) return overLive({ ...manifest, metadata: { ...manifest.metadata, namespace } }, live);
  if (version === undefined) return undefined;
  // Only now the kind is known.
  const reader = new OptionReader();
  reader.version('--set-version', version, live.kind);
  reader.done();
  return withVersion(live, version);
}

function isOf(reader: OptionReader, path: string, value: string | undefined, bound: string | undefined): void {
  if (value === undefined || bound === undefined || value === bound) return;
  reader.problem({
    path,
    value,
    bound,
    reason: 'the manifest is for another cluster',
    fix: `leave ${path} out, or choose another manifest`,
  });
}

/** The name in the argument, and the kind if it stands behind the type, as kubectl writes it. */
function nameIn(reader: OptionReader, argument: string | undefined): Pick<WantedCluster, 'kind' | 'name'> {
  const slash = argument?.indexOf('/') ?? -1;
  if (argument === undefined || slash < 0) {
    reader.name('[name]', argument);
    return { name: argument };
  }
  const [type, name] = [argument.slice(0, slash), argument.slice(slash + 1)];
  const kind = kindOfType(type);
  if (kind) reader.name('[name]', name);
  else {
    reader.problem({
      path: '[name]',
      value: argument,
      bound: 'NAME, emqxenterprise/NAME or emqx/NAME',
      reason: `${type} is neither EmqxEnterprise nor EMQX`,
      fix: 'give the name alone, and a namespace with -n',
    });
  }
  return { kind, name };
}

function checkUrl(reader: OptionReader, template: string): void {
  const url = template.replaceAll('{pod}', 'pod').replaceAll('{namespace}', 'namespace');
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isPlain = parsed && /^https?:$/.test(parsed.protocol) && !parsed.username && !parsed.search && !parsed.hash;
  if (isPlain && template.includes('{pod}')) return;
  reader.problem({
    path: '--emqx-url',
    value: parsed?.username ? HIDDEN : template,
    bound: 'an http or https URL with {pod} in it',
    reason: 'each node is addressed on its own, with the credentials of the cluster',
    fix: 'for example http://{pod}.emqx.example:8081',
  });
}
