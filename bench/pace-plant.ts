import { Random } from '../src/simulator/random';

/** What is paced: three nodes that evict, and three that take devices, each at most a third of the capacity per second. */
export interface Plant {
  seed: number;
  devices: number;
  /** What the taking nodes accept per second from a second on. */
  capacity: readonly (readonly [fromSecond: number, perSecond: number])[];
  /** Whether connections that are too many are closed, as by EMQX from 5.8.6 on; otherwise they wait. */
  closes: boolean;
  /** How long devices wait before they try again, s: shortest and longest. */
  wait: readonly [number, number];
}

/** What a controller sees, twice a second. */
export interface Polled {
  at: number;
  /** The rate that is in effect; 0 while no device is disconnected. */
  rate: number;
  away: number;
  /** Devices on the nodes that take them. */
  taken: number;
}

/** Follows a plant, and says which rate is wanted now: 0 for none. */
export type Controller = (seen: Polled) => number;

export interface Paced {
  /** The time that the capacity and the cap would have needed, as a part of the time until all devices were back. */
  used: number;
  /** Devices offline, summed up over time. */
  deviceSeconds: number;
  refusedPerDevice: number;
  /** The most disconnects in a second, as a part of the capacity; and how many seconds had more than it. */
  peak: number;
  secondsAbove: number;
  /** The rate in each second, as a part of the capacity at the beginning. */
  rates: number[];
}

const TICK_MS = 10;
const POLL_MS = 500;
/** A new rate costs a stop just after a burst, and a start a second later; after a halt, the second has to end. */
const RAISE_MS = 1_050;
const REST_MS = 1_200;
/** Nodes are started at most so often, ms. */
const LEAST_MS = 5_000;
const NODES = 3;
const MOST_SECONDS = 3_600;

/** Evacuates the devices at the rates of a controller, at most at a cap. */
export function paced(plant: Plant, cap: number, controller: Controller): Paced {
  const random = new Random(plant.seed);
  const phases = Array.from({ length: NODES }, () => random.below(1_000));
  const buckets = new Map<number, number>();
  const queues = [0, 0, 0];
  const used = [0, 0, 0];
  let [left, away, taken, refused, deviceMs] = [plant.devices, 0, 0, 0, 0];
  let [rate, wanted, changeAt, startedAt] = [0, 0, 0, Number.NEGATIVE_INFINITY];
  const perSecond: number[] = [];
  const rates: number[] = [];
  const capacityAt = (ms: number) => plant.capacity.findLast(([from]) => ms >= from * 1_000)![1];
  const later = (now: number, count: number) => {
    for (let each = 0; each < count; each++) {
      const at = now + random.between(plant.wait[0], plant.wait[1]) * 1_000;
      const bucket = Math.ceil(at / TICK_MS) * TICK_MS;
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
    }
  };
  let now = 0;
  for (; taken < plant.devices && now < MOST_SECONDS * 1_000; now += TICK_MS) {
    const limit = capacityAt(now) / NODES;
    const second = Math.floor(now / 1_000);
    for (const [node, phase] of phases.entries()) {
      if (now % 1_000 !== Math.floor(phase / TICK_MS) * TICK_MS) continue;
      const admitted = Math.min(queues[node]!, Math.floor(limit));
      queues[node]! -= admitted;
      used[node] = admitted;
      taken += admitted;
      away -= admitted;
    }
    const arrivals = buckets.get(now) ?? 0;
    buckets.delete(now);
    for (let each = 0; each < arrivals; each++) {
      const node = random.below(NODES);
      if (used[node]! < Math.floor(limit)) {
        used[node]!++;
        taken++;
        away--;
      } else if (plant.closes) {
        refused++;
        later(now, 1);
      } else queues[node]!++;
    }
    if (changeAt <= now && rate !== wanted) {
      rate = wanted;
      if (rate > 0) startedAt = now;
    }
    if (now % POLL_MS === 0) {
      const next = controller({ at: now, rate: rate > 0 && changeAt <= now ? rate : 0, away, taken });
      // A halt takes effect at once. What is started has to wait.
      if (next === 0 && wanted !== 0) [rate, wanted, changeAt] = [0, 0, now];
      else if (next > 0 && next !== wanted && changeAt <= now) {
        const pause = rate > 0 && next > rate ? RAISE_MS : REST_MS;
        wanted = next;
        changeAt = Math.max(now + pause, startedAt + LEAST_MS);
        if (next < rate) rate = 0;
      }
    }
    for (let node = 0; node < NODES; node++) {
      if (rate === 0 || now % 1_000 !== Math.floor((node * 1_000) / NODES / TICK_MS) * TICK_MS) continue;
      const burst = Math.min(left, Math.floor((rate + node) / NODES));
      left -= burst;
      away += burst;
      perSecond[second] = (perSecond[second] ?? 0) + burst;
      later(now, burst);
    }
    rates[second] = rate / plant.capacity[0]![1];
    deviceMs += away * TICK_MS;
  }
  const above = Array.from(perSecond, (count = 0, second) => count / capacityAt(second * 1_000));
  let ideal = 0;
  for (let moved = 0; moved < plant.devices; ideal++) moved += Math.min(cap, capacityAt(ideal * 1_000));
  return {
    used: ideal / (now / 1_000),
    deviceSeconds: deviceMs / 1_000,
    refusedPerDevice: refused / plant.devices,
    peak: Math.max(...above),
    secondsAbove: above.filter((part) => part > 1).length,
    rates,
  };
}
