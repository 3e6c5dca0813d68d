import type { Counted } from './journal';
import type { NodeView, Observation } from './observation';
import type { ClientView } from './ports';
import type { UpgradeContext } from './upgrade-context';

/** Clients on one page of a node's list, and pages that are read of it: a sample is at most 1,000 of the node's clients. */
const PAGE_CLIENTS = 200;
const PAGES = 5;
/** Between two requests to one node, ms. */
const PACE_MS = 500;

/** Keep-alives above this are long, s. */
export const LONG_KEEP_ALIVE_SECONDS = 300;

/** A number of devices. */
export interface DeviceFigure {
  /** Of those in the sample. */
  sampled: number;
  /** Of all connected devices of the sampled nodes: where the sample does not contain all of them, an estimate. */
  estimate: number;
}

/** What connected devices asked for when they connected. A figure is `null` where a node does not list what it counts. */
export interface DeviceSample {
  /** Devices that are connected to the nodes that were sampled. */
  connections: number;
  /** How many of them are in the sample. */
  sampled: number;
  /** Whether figures are extrapolated: the sample does not contain all devices. */
  isEstimate: boolean;
  /** Pods with devices whose nodes did not list their clients: figures do not contain their devices. */
  unlisted: string[];
  mqtt31: DeviceFigure | null;
  mqtt311: DeviceFigure | null;
  mqtt5: DeviceFigure | null;
  /** Gateways, and those of which it is not known. */
  otherProtocols: DeviceFigure | null;
  /** Those whose session ends with every connection: clean session, or no session expiry. */
  sessionless: DeviceFigure | null;
  /** Those of them with subscriptions: unless they subscribe again, they are connected and receive nothing. */
  sessionlessSubscribers: DeviceFigure | null;
  /** Those with a session that is kept for less than 5 minutes. */
  shortSessions: DeviceFigure | null;
  /** Those with MQTT 5 that have started clean and keep their session: EMQX before 4.4.24, and 5 before 5.2.1, do not move it. */
  cleanKept: DeviceFigure | null;
  /** Those without a keep-alive, and those with one over 300 s: they do not notice a node that dies for as long. */
  noKeepAlive: DeviceFigure | null;
  longKeepAlive: DeviceFigure | null;
  /** All subscriptions. */
  subscriptions: DeviceFigure | null;
}

type FigureName = {
  [K in keyof DeviceSample]: DeviceSample[K] extends DeviceFigure | null ? K : never;
}[keyof DeviceSample];

const MQTT = new Set(['MQTT', 'MQIsdp', undefined]);
const isMqtt = ({ protocol, protocolVersion }: ClientView, version: number) =>
  MQTT.has(protocol) && protocolVersion === version;
const SHORT_SESSION_SECONDS = 300;

/** What each client adds to a figure; undefined where the node does not say. */
const FIGURES: Readonly<Record<FigureName, (client: ClientView) => boolean | number | undefined>> = {
  mqtt31: (client) => isMqtt(client, 3),
  mqtt311: (client) => isMqtt(client, 4),
  mqtt5: (client) => isMqtt(client, 5),
  otherProtocols: (client) => ![3, 4, 5].some((version) => isMqtt(client, version)),
  sessionless: ({ sessionExpirySeconds: seconds }) => known(seconds) && seconds === 0,
  sessionlessSubscribers: ({ sessionExpirySeconds: seconds, subscriptions }) =>
    known(seconds, subscriptions) && seconds === 0 && subscriptions! > 0,
  shortSessions: ({ sessionExpirySeconds: seconds }) =>
    known(seconds) && seconds! > 0 && seconds! < SHORT_SESSION_SECONDS,
  cleanKept: (client) =>
    known(client.cleanStart, client.sessionExpirySeconds) &&
    isMqtt(client, 5) &&
    client.cleanStart! &&
    client.sessionExpirySeconds! > 0,
  noKeepAlive: ({ keepAliveSeconds: seconds }) => known(seconds) && seconds === 0,
  longKeepAlive: ({ keepAliveSeconds: seconds }) => known(seconds) && seconds! > LONG_KEEP_ALIVE_SECONDS,
  subscriptions: ({ subscriptions }) => subscriptions,
};
/** True, or undefined where one of the values is not known. */
function known(...values: unknown[]): true | undefined {
  return values.includes(undefined) ? undefined : true;
}
const NAMES = Object.keys(FIGURES) as FigureName[];

/** The clients of a node that were listed; undefined where it lists none. */
export interface ListedNode {
  pod: string;
  connections: number;
  clients: readonly ClientView[] | undefined;
}

/**
 * Reads a sample of the clients that are connected: of each node at most five pages with 200 clients, evenly from the whole list because
 * it is in the order of their ids, with at most two requests per second. Writes nothing, and never rejects because of a node.
 *
 * @returns undefined where no device is connected to a node that lists its clients
 */
export async function sampleDevices(
  context: Asking,
  { nodes }: Observation,
  signal?: AbortSignal,
): Promise<DeviceSample | undefined> {
  const busy = [...nodes.values()].filter(({ connections }) => connections > 0);
  return sampleOfDevices(await Promise.all(busy.map((node) => listedOf(context, node, signal))));
}

type Asking = Pick<UpgradeContext, 'clock' | 'emqx'>;

async function listedOf({ clock, emqx }: Asking, node: NodeView, signal?: AbortSignal): Promise<ListedNode> {
  const { pod, node: name, connections, sessions } = node;
  const clients: ClientView[] = [];
  for (const [index, page] of pagesOf(Math.max(connections, sessions)).entries()) {
    if (index > 0) await clock.sleep(PACE_MS, signal);
    const listed = await emqx.clients(pod, name, { page, limit: PAGE_CLIENTS }, signal);
    if (!listed) return { pod, connections, clients: undefined };
    clients.push(...listed);
  }
  return { pod, connections, clients };
}

/** The pages of a list that are read: evenly from all of it. */
export function pagesOf(rows: number): number[] {
  const all = Math.max(1, Math.ceil(rows / PAGE_CLIENTS));
  const read = Math.min(all, PAGES);
  return Array.from({ length: read }, (_, index) => Math.floor(((index + 0.5) * all) / read) + 1);
}

/** The clients with MQTT 3.1 in a sample, for the journal; undefined where they are not known. */
export function mqtt31Of(sample: DeviceSample | undefined): Counted | undefined {
  if (!sample?.mqtt31 || sample.unlisted.length > 0) return undefined;
  const { connections, sampled, mqtt31 } = sample;
  return { connections, sampled, found: mqtt31.sampled, estimate: mqtt31.estimate };
}

/** The sums over all nodes, each extrapolated by its own sample. */
export function sampleOfDevices(nodes: readonly ListedNode[]): DeviceSample | undefined {
  const listed = nodes.flatMap(({ connections, clients = [] }) => {
    const connected = clients.filter(({ isConnected }) => isConnected !== false);
    return connected.length > 0 ? [{ connections: Math.max(connections, connected.length), connected }] : [];
  });
  if (listed.length === 0) return undefined;
  const figure = (name: FigureName): DeviceFigure | null => {
    const of = FIGURES[name];
    if (listed.some(({ connected }) => connected.some((client) => of(client) === undefined))) return null;
    const counts = listed.map(({ connections, connected }) => {
      const sampled = connected.reduce((sum, client) => sum + Number(of(client)), 0);
      return { sampled, estimate: (sampled * connections) / connected.length };
    });
    const total = (of: 'sampled' | 'estimate') => counts.reduce((sum, count) => sum + count[of], 0);
    return { sampled: total('sampled'), estimate: Math.round(total('estimate')) };
  };
  const connections = listed.reduce((sum, node) => sum + node.connections, 0);
  const sampled = listed.reduce((sum, { connected }) => sum + connected.length, 0);
  return {
    connections,
    sampled,
    isEstimate: sampled < connections,
    unlisted: nodes
      .filter(({ clients }) => !clients?.some(({ isConnected }) => isConnected !== false))
      .map(({ pod }) => pod),
    ...(Object.fromEntries(NAMES.map((name) => [name, figure(name)])) as Record<FigureName, DeviceFigure | null>),
  };
}
