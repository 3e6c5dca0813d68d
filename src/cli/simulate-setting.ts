import { type EmqxResource, MAX_CORES, type Manifest, servingRoleOf, versionOf, withVersion } from '../resource';
import { nearest } from '../resource/nearest';
import { stageOf } from '../sandbox/stage';
import { DEFAULT_SHARES, type DeviceShare, deviceFleet } from '../simulator/clients/device-fleet';
import type { Scenario } from '../simulator/scenario';
import { type Driver, type Pacing, planUpgrade } from '../upgrade';
import { type ClusterFlags, requireUpgradable, withCluster } from './connection';
import { MOST_WILL_SECONDS, readDevices } from './devices-option';
import { InputError } from './errors';
import type { GenerationWord } from './kinds';
import {
  localKind,
  localManifest,
  localVersion,
  MOST_REPLICAS,
  manifestsOf,
  nextVersionOf,
  stageNotes,
} from './local-cluster';
import { OptionReader } from './options';
import type { Shell } from './shell';
import { readWanted, type Wanted } from './upgrade-options';

/** The options of `simulate` as they stand on the command line. */
export interface SimulateFlags extends ClusterFlags {
  file?: string;
  /** Of the quickstart, where no manifest is given. */
  generation?: GenerationWord;
  /** @default - those of `fromCluster`, or 3000 */
  clients?: string;
  /** Their libraries in percent, or a file with them. */
  devices?: string;
  /** Delay of the will that each of them has, s. */
  will?: string;
  replicas?: string;
  /** The same as `replicas`. */
  nodes?: string;
  rate?: string;
  pacing?: Pacing;
  offlineBudget?: string;
  /** Several rates with commas between them: the upgrade is simulated with each. */
  cap?: string;
  /** A cluster that is read, in place of a manifest: as NAME or TYPE/NAME. */
  fromCluster?: string;
  driver: Driver;
  operator: NonNullable<Scenario['operator']>;
  /** In which other ways it is simulated, with commas between them. */
  compare: string;
  seed: string;
  setVersion?: string;
  /** File for the report as a page. */
  html?: string;
}

/** They take about 1 GB of memory. Simulated clusters without a license of their own take ten million connections. */
const MOST_CLIENTS = 9_000_000;
const DEFAULT_CLIENTS = 3_000;
/** Rate of the quickstart's cluster, where none is given. */
const QUICKSTART_RATE = 300;

/** What does not depend on the driver. */
export type Setting = Omit<Scenario, 'driver'>;

/** What is simulated, as the options say. */
export interface SimulatedSetting {
  setting: Setting;
  /** Devices that are connected, and those that are offline and have only their session. */
  clients: number;
  offline: number;
  /** In which other ways, for comparison. */
  ways: Way[];
  /** At which caps; none where only one upgrade is simulated. */
  caps: number[];
  notes: string[];
}

/** In what other ways the same upgrade is simulated, for comparison. */
const WAYS = ['operator', 'rolling'] as const;
export type Way = (typeof WAYS)[number];

function readWays(reader: OptionReader, value: string): Way[] {
  const names = value.split(',').map((name) => name.trim());
  const ways = WAYS.filter((way) => names.includes(way));
  for (const name of names.filter((each) => !WAYS.some((way) => way === each))) {
    const similar = nearest(name, WAYS);
    reader.problem({
      path: '--compare',
      value: name,
      bound: 'operator or rolling, or both with a comma between them',
      reason: 'an upgrade by the operator alone and a rolling restart are what others do',
      fix: similar ? `did you mean '${similar}'?` : 'give one of them',
    });
  }
  return ways;
}

/** Reads the options, and the cluster where one is named. */
export async function settingOf(flags: SimulateFlags, shell: Shell): Promise<SimulatedSetting> {
  const reader = new OptionReader();
  const wanted = flags.fromCluster === undefined ? undefined : readWanted(reader, flags.fromCluster, whichOnly(flags));
  const wantedClients = readClients(reader, flags.clients);
  const shares = readShares(reader, flags);
  const ways = readWays(reader, flags.compare);
  const replicas = readReplicas(reader, flags);
  const rate = flags.rate === undefined ? undefined : reader.rate('--rate', flags.rate);
  const offlineBudget =
    flags.offlineBudget === undefined ? undefined : reader.offlineBudget('--offline-budget', flags.offlineBudget);
  const caps = flags.cap === undefined ? [] : readCaps(reader, flags.cap);
  const seed = reader.seed('--seed', flags.seed);
  reader.outputFile('--html', flags.html);
  const given = localManifest(reader, flags.file, replicas);
  const version = localVersion(reader, given, flags);
  if (!wanted) checkKind(reader, flags, localKind(given, flags.generation), given?.resource, replicas);
  reader.done();
  const live = wanted && (await loadOf(wanted, flags, shell));
  const manifest: Manifest<EmqxResource> | undefined = live ? { resource: live.resource, others: [] } : given;
  const kind = localKind(manifest, flags.generation);
  if (live) checkKind(reader, flags, kind, live.resource, replicas);
  reader.done();
  const clients = wantedClients ?? live?.clients ?? DEFAULT_CLIENTS;
  const offline = (wantedClients === undefined ? live?.offline : undefined) ?? Math.ceil(clients / 10);
  const manifests = await manifestsOf(manifest, kind, rate ?? caps.at(-1) ?? QUICKSTART_RATE);
  const stage = stageOf({ ...manifests, cluster: withReplicas(manifests.cluster, replicas) });
  const { cluster, objects, entry } = stage;
  const setting: Setting = {
    seed,
    operator: flags.operator,
    cluster,
    objects,
    service: entry,
    desired: withVersion(cluster, version ?? nextVersionOf(versionOf(cluster))),
    ...(rate !== undefined && { stormCap: rate }),
    ...(flags.pacing && { pacing: flags.pacing }),
    ...(offlineBudget !== undefined && { limits: { offlineBudget } }),
    fleet: deviceFleet(shares, clients, offline),
    connectPerSecond: Math.max(1_000, clients / 20),
  };
  return { setting, clients, offline, ways, caps, notes: stageNotes(entry, cluster.metadata.name, stage) };
}

/** What names a cluster, without what says what to upgrade to. */
function whichOnly({ file: _, setVersion: __, ...which }: SimulateFlags): ClusterFlags {
  return which;
}

function readShares(reader: OptionReader, flags: SimulateFlags): readonly DeviceShare[] {
  const given = flags.devices === undefined ? DEFAULT_SHARES : readDevices(reader, flags.devices);
  if (flags.will === undefined) return given;
  const reason = 'it is the delay of wills in seconds';
  const willDelaySeconds = reader.wholeNumber('--will', flags.will, 0, MOST_WILL_SECONDS, reason);
  return given.map((share) => ({ willDelaySeconds, ...share }));
}

function readClients(reader: OptionReader, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  return reader.wholeNumber('--clients', value, 1, MOST_CLIENTS, 'each takes some memory');
}

function readReplicas(reader: OptionReader, { replicas, nodes }: SimulateFlags): number | undefined {
  const [flag, value] = replicas === undefined ? (['--nodes', nodes] as const) : (['--replicas', replicas] as const);
  return value === undefined ? undefined : reader.wholeNumber(flag, value, 1, MOST_REPLICAS, 'it is a number of nodes');
}

/** Each once, in ascending order. */
function readCaps(reader: OptionReader, value: string): number[] {
  const caps = value.split(',').map((cap) => reader.rate('--cap', cap.trim()));
  return [...new Set(caps)].sort((a, b) => a - b);
}

/** A cluster that runs: its resource, and its devices as its nodes count them. Nothing is written to it. */
async function loadOf(
  wanted: Wanted,
  flags: SimulateFlags,
  shell: Shell,
): Promise<{ resource: EmqxResource; clients: number | undefined; offline: number | undefined }> {
  return withCluster(shell, flags, wanted, async (connection) => {
    requireUpgradable(connection);
    const { live } = connection;
    const desired = withVersion(live, flags.setVersion ?? nextVersionOf(versionOf(live)));
    const request = { desired, driver: 'pilot' } as const;
    const { connections, offlineSessions } = await connection.look(() => planUpgrade(connection.context(), request));
    if (connections === null && flags.clients === undefined) {
      const fix = 'give their number with --clients, or see emqx-blue-green status for why';
      throw new InputError('how many devices are connected to the cluster is not known', fix);
    }
    const { apiVersion, kind, metadata, spec } = live;
    const { name, namespace = connection.namespace, annotations = {} } = metadata;
    const resource = { apiVersion, kind, metadata: { name, namespace, annotations }, spec } as EmqxResource;
    return { resource, clients: connections ?? undefined, offline: offlineSessions ?? undefined };
  });
}

/** What only applies to the other kind, or has other bounds there. */
function checkKind(
  reader: OptionReader,
  { operator }: SimulateFlags,
  kind: EmqxResource['kind'],
  cluster: EmqxResource | undefined,
  replicas: number | undefined,
): void {
  if (kind !== 'EMQX') return;
  if (operator !== 'stock') {
    reader.problem({
      path: '--operator',
      value: operator,
      bound: 'stock for EMQX 5 and 6',
      reason: 'only of an EmqxEnterprise the operator removes nodes before they are evacuated',
      fix: 'leave it out',
    });
  }
  if (replicas === undefined || (cluster?.kind === 'EMQX' && servingRoleOf(cluster) === 'replicant')) return;
  const reason = 'these are cores, and operator 2.2 never reports more than ten of them as Ready';
  reader.wholeNumber('--replicas', String(replicas), 1, MAX_CORES, reason);
}

/** With this number of the nodes that devices connect to. */
function withReplicas(cluster: EmqxResource, replicas: number | undefined): EmqxResource {
  if (replicas === undefined) return cluster;
  if (cluster.kind !== 'EMQX') return { ...cluster, spec: { ...cluster.spec, replicas } };
  const field = `${servingRoleOf(cluster)}Template` as const;
  const template = cluster.spec[field];
  return { ...cluster, spec: { ...cluster.spec, [field]: { ...template, spec: { ...template?.spec, replicas } } } };
}
