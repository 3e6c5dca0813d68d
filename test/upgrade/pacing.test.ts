import * as fc from 'fast-check';
import { apportion, duration, type NodeLoad, share } from '../../src/upgrade/pacing';

const load = (pod: string, connections: number, offlineSessions = 0): NodeLoad => ({
  pod,
  connections,
  offlineSessions,
});

describe('apportion', () => {
  test.each([
    [100, [1, 1, 1], [34, 33, 33]],
    [100, [1000, 1000, 1000, 1000], [25, 25, 25, 25]],
    [100, [0, 0, 0], [34, 33, 33]],
    [100, [300, 100], [75, 25]],
    [10, [1000, 0, 0], [8, 1, 1]],
    [10, [98, 1, 1], [8, 1, 1]],
    [3, [5, 9, 1], [1, 1, 1]],
    [7, [1, 2, 3], [1, 2, 4]],
    [1, [42], [1]],
    [5, [], []],
  ])('%d split by %j is %j', (total, weights, parts) => {
    expect(apportion(total, weights)).toEqual(parts);
  });

  const weights = fc.array(fc.nat(100_000), { minLength: 1, maxLength: 40 });
  const split = weights.chain((list) => fc.tuple(fc.integer({ min: list.length, max: 5000 }), fc.constant(list)));

  test('gives whole parts of at least 1 that add up to the total', () => {
    fc.assert(
      fc.property(split, ([total, list]) => {
        const parts = apportion(total, list);
        expect(parts.every((part) => Number.isInteger(part) && part >= 1)).toBe(true);
        expect(parts.reduce((a, b) => a + b, 0)).toBe(total);
      }),
    );
  });

  test('is proportional within 1 where no part has to be raised to 1', () => {
    fc.assert(
      fc.property(split, ([total, list]) => {
        const sum = list.reduce((a, b) => a + b, 0);
        fc.pre(sum > 0 && list.every((weight) => (weight / sum) * total >= 1));
        apportion(total, list).forEach((part, index) => {
          expect(Math.abs(part - (list[index]! / sum) * total)).toBeLessThan(1 + 1e-6);
        });
      }),
    );
  });

  test('never gives the lighter of two more than the heavier', () => {
    fc.assert(
      fc.property(split, ([total, list]) => {
        const parts = apportion(total, list);
        const byWeight = list.map((weight, index) => ({ weight, part: parts[index]! }));
        for (const a of byWeight) {
          for (const b of byWeight) if (a.weight < b.weight) expect(a.part).toBeLessThanOrEqual(b.part);
        }
      }),
    );
  });
});

describe('share', () => {
  test('three equal nodes start a third of a second apart with a third of the cap each, those that need a burst more first', () => {
    const nodes = [load('a', 1000, 30), load('b', 1000, 30), load('c', 1000, 30)];
    expect(share(nodes, { connections: 100, sessions: 50 })).toEqual([
      { pod: 'a', connectionsPerSecond: 34, sessionsPerSecond: 17, wave: 0, offsetMs: 667 },
      { pod: 'b', connectionsPerSecond: 33, sessionsPerSecond: 17, wave: 0, offsetMs: 0 },
      { pod: 'c', connectionsPerSecond: 33, sessionsPerSecond: 16, wave: 0, offsetMs: 333 },
    ]);
  });

  test('connections and sessions are shared out each by its own load', () => {
    const shares = share([load('a', 900, 0), load('b', 100, 200)], { connections: 10, sessions: 5 });
    expect(
      shares.map(({ connectionsPerSecond, sessionsPerSecond }) => [connectionsPerSecond, sessionsPerSecond]),
    ).toEqual([
      [9, 1],
      [1, 4],
    ]);
  });

  test('more nodes than the lower cap are emptied in waves', () => {
    const nodes = ['a', 'b', 'c', 'd', 'e'].map((pod) => load(pod, 100));
    expect(share(nodes, { connections: 6, sessions: 2 }).map((part) => [part.pod, part.wave, part.offsetMs])).toEqual([
      ['a', 0, 0],
      ['b', 0, 500],
      ['c', 1, 0],
      ['d', 1, 500],
      ['e', 2, 0],
    ]);
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses a cap of %d', (cap) => {
    expect(() => share([load('a', 1)], { connections: cap, sessions: 1 })).toThrow(
      new RangeError(`the cap of connections (${cap}) must be a whole number of at least 1 per second`),
    );
    expect(() => share([load('a', 1)], { connections: 1, sessions: cap })).toThrow(RangeError);
  });

  const nodesAndCaps = fc.record({
    nodes: fc
      .array(fc.tuple(fc.nat(20_000), fc.nat(5_000)), { maxLength: 30 })
      .map((list) => list.map(([connections, sessions], index) => load(`p-${index}`, connections, sessions))),
    caps: fc.record({ connections: fc.integer({ min: 1, max: 500 }), sessions: fc.integer({ min: 1, max: 500 }) }),
    wait: fc.integer({ min: 1, max: 60 }),
  });

  test('every wave uses both caps whole, each node once, and the bursts are spread over the second', () => {
    fc.assert(
      fc.property(nodesAndCaps, ({ nodes, caps }) => {
        const shares = share(nodes, caps);
        expect(shares.map((part) => part.pod)).toEqual(nodes.map((node) => node.pod));
        const waves = [...new Set(shares.map((part) => part.wave))];
        expect(waves).toEqual(waves.map((_, index) => index));
        for (const wave of waves) {
          const group = shares.filter((part) => part.wave === wave);
          expect(group.length).toBeLessThanOrEqual(Math.min(caps.connections, caps.sessions));
          expect(group.reduce((sum, part) => sum + part.connectionsPerSecond, 0)).toBe(caps.connections);
          expect(group.reduce((sum, part) => sum + part.sessionsPerSecond, 0)).toBe(caps.sessions);
          expect(group.map((part) => part.offsetMs).sort((a, b) => a - b)).toEqual(
            group.map((_, index) => Math.round((index * 1000) / group.length)),
          );
          for (const part of group) {
            expect(Number.isInteger(part.connectionsPerSecond) && part.connectionsPerSecond >= 1).toBe(true);
            expect(Number.isInteger(part.sessionsPerSecond) && part.sessionsPerSecond >= 1).toBe(true);
          }
        }
      }),
    );
  });

  test('the lower bound is never above the estimate', () => {
    fc.assert(
      fc.property(nodesAndCaps, ({ nodes, caps, wait }) => {
        const { lowerBoundMs, estimateMs } = duration(nodes, share(nodes, caps), caps, wait);
        expect(lowerBoundMs).toBeLessThanOrEqual(estimateMs);
      }),
    );
  });
});

describe('duration', () => {
  const caps = { connections: 100, sessions: 100 };
  const of = (nodes: NodeLoad[], wait = 5) => duration(nodes, share(nodes, caps), caps, wait);

  test('of nothing is nothing', () => {
    expect(of([])).toEqual({ lowerBoundMs: 0, estimateMs: 0 });
  });

  test('of the measured cluster: 2,967 connections and 300 offline sessions', () => {
    // EMQX Operator 2.2.29 with three nodes needed 40.9 s.
    expect(of([load('a', 989, 100), load('b', 989, 100), load('c', 989, 100)])).toEqual({
      lowerBoundMs: 37_670,
      estimateMs: 39_333,
    });
  });

  test('has no takeover wait where no session is offline', () => {
    expect(of([load('a', 1000)])).toEqual({ lowerBoundMs: 10_000, estimateMs: 10_000 });
  });

  test('adds the waves up', () => {
    const nodes = [load('a', 10), load('b', 20), load('c', 30)];
    const slow = { connections: 1, sessions: 1 };
    expect(duration(nodes, share(nodes, slow), slow, 5)).toEqual({ lowerBoundMs: 60_000, estimateMs: 60_000 });
  });
});
