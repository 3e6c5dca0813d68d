/** One node's load and name, as pacing sees it. */
export interface NodeLoad {
  pod: string;
  connections: number;
  /** Sessions without a live connection: these must be moved by the node itself. */
  offlineSessions: number;
}

/** One node's part of the cluster-wide caps. */
export interface NodeShare {
  pod: string;
  /** Disconnects per second, a whole number ≥ 1. */
  connectionsPerSecond: number;
  /** Sessions moved per second, a whole number ≥ 1. */
  sessionsPerSecond: number;
  /** Nodes of wave 0 start first; the next wave starts when the one before is drained. */
  wave: number;
  /** Start within the wave's first second: nodes evict in a burst each second, and the bursts must not coincide. */
  offsetMs: number;
}

/** The caps, each per second for the whole cluster. */
export interface Caps {
  connections: number;
  sessions: number;
}

/**
 * Shares the cluster-wide caps among the nodes, in proportion to what each has to move, so that all finish together.
 *
 * - Within a wave the shares of each cap add up to the cap at most, and to the cap exactly where every node has load.
 * - Each share is a whole number ≥ 1: EMQX accepts nothing else. With more nodes than a cap allows, the others wait for the
 *   next wave.
 * - Start offsets are spread evenly over one second: EMQX evicts its whole share in one burst every second. Shares are whole numbers,
 *   so some nodes need a burst more than others: these begin first.
 *
 * @throws RangeError when a cap is not a whole number ≥ 1.
 */
export function share(nodes: readonly NodeLoad[], caps: Caps): NodeShare[] {
  for (const [name, value] of Object.entries(caps)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`the cap of ${name} (${value}) must be a whole number of at least 1 per second`);
    }
  }
  const perWave = Math.min(caps.connections, caps.sessions);
  const shares: NodeShare[] = [];
  for (let start = 0, wave = 0; start < nodes.length; start += perWave, wave++) {
    const group = nodes.slice(start, start + perWave);
    const connections = apportion(
      caps.connections,
      group.map((node) => node.connections),
    );
    const sessions = apportion(
      caps.sessions,
      group.map((node) => node.offlineSessions),
    );
    const seconds = group.map(
      (node, index) =>
        Math.ceil(node.connections / connections[index]!) + Math.ceil(node.offlineSessions / sessions[index]!),
    );
    const starts = seconds.map((own, index) => ranked(seconds, own, index));
    group.forEach((node, index) => {
      shares.push({
        pod: node.pod,
        connectionsPerSecond: connections[index]!,
        sessionsPerSecond: sessions[index]!,
        wave,
        offsetMs: Math.round((starts[index]! * 1000) / group.length),
      });
    });
  }
  return shares;
}

/** The place of a node in the second, from 0: the nodes that take longest come first. */
function ranked(seconds: readonly number[], own: number, index: number): number {
  return seconds.filter((other, place) => other > own || (other === own && place < index)).length;
}

/**
 * Splits `total` into whole parts ≥ 1 in proportion to the weights (largest remainder). Equal parts where all weights
 * are 0. `total` must be at least the number of weights.
 */
export function apportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const wanted = weights.map((weight) => (sum > 0 ? weight / sum : 1 / weights.length));
  const spare = total - weights.length; // each part has at least 1
  // A part's claim beyond its 1; the claims are then scaled to what is available.
  const claims = wanted.map((part) => Math.max(0, part * total - 1));
  const claimed = claims.reduce((a, b) => a + b, 0);
  const exact = claims.map((claim) => (claimed > 0 ? (claim / claimed) * spare : spare / weights.length));
  const parts = exact.map((value) => 1 + Math.floor(value));
  let rest = total - parts.reduce((a, b) => a + b, 0);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder) {
    if (rest-- <= 0) break;
    parts[index]!++;
  }
  return parts;
}

/** What is known beforehand of the duration of an evacuation, in ms. */
export interface Duration {
  /** Lower bound under the caps. */
  lowerBoundMs: number;
  /** With these shares, whole seconds and waves. Excludes delays from polling. */
  estimateMs: number;
}

/** What bursts of whole devices leave of a cap that is shared out again whenever a node ends, in s. */
const UNEVEN_S = 2;

/**
 * How long nodes take to disconnect their devices, at most, in s, whatever each has: those that would take longer get more as soon as
 * others have ended. Without a limit where nodes wait for the next wave.
 */
export function evenedSeconds(connections: readonly number[], shares: readonly NodeShare[]): number {
  if (shares.some(({ wave }) => wave > 0)) return Number.POSITIVE_INFINITY;
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
  return Math.ceil(sum(connections) / sum(shares.map((part) => part.connectionsPerSecond))) + UNEVEN_S;
}

/**
 * How long the evacuation takes.
 *
 * Lower bound: Σ connections / cap + takeover wait + Σ offline sessions / cap. Where no session is offline, devices take
 * their sessions along and the last two terms do not apply.
 */
export function duration(
  nodes: readonly NodeLoad[],
  shares: readonly NodeShare[],
  caps: Caps,
  waitTakeoverSeconds: number,
): Duration {
  const connections = nodes.reduce((sum, node) => sum + node.connections, 0);
  const sessions = nodes.reduce((sum, node) => sum + node.offlineSessions, 0);
  const lowerBound =
    connections / caps.connections + (sessions > 0 ? waitTakeoverSeconds + sessions / caps.sessions : 0);
  const waves = new Map<number, number>();
  const evened = evenedSeconds(
    nodes.map((node) => node.connections),
    shares,
  );
  for (const part of shares) {
    const node = nodes.find((candidate) => candidate.pod === part.pod);
    if (!node) continue;
    const seconds =
      Math.min(evened, Math.ceil(node.connections / part.connectionsPerSecond)) +
      (node.offlineSessions > 0 ? waitTakeoverSeconds + Math.ceil(node.offlineSessions / part.sessionsPerSecond) : 0) +
      part.offsetMs / 1000;
    waves.set(part.wave, Math.max(waves.get(part.wave) ?? 0, seconds));
  }
  const estimate = [...waves.values()].reduce((sum, seconds) => sum + seconds, 0);
  return { lowerBoundMs: Math.ceil(lowerBound * 1000), estimateMs: Math.ceil(Math.max(lowerBound, estimate) * 1000) };
}
