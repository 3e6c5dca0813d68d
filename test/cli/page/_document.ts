import { clusterDocument, type ReportDocument } from '../../../src/cli/page/document';
import { recordOf } from '../../../src/upgrade/record';
import { type Reading, withReadings } from '../../../src/upgrade/series';
import { BLUE, GREEN, journal, T0 } from '../../upgrade/fixtures';

/** A run with all that can go wrong in it: incidents, a pause, a node that is silent for a while, a time without a driver. */
export function eventful(change: Partial<ReportDocument> = {}): ReportDocument {
  const readings = Array.from({ length: 90 }, (_, second) => second)
    .filter((second) => second < 50 || second > 83)
    .map((second): Reading => {
      const moved = Math.min(3_000, Math.max(0, (second - 10) * 60));
      const isSilent = second > 30 && second < 36;
      const busy = moved > 0 && moved < 3_000;
      return {
        at: T0 + second * 1_000,
        blue: { connections: 3_000 - moved, sessions: isSilent ? null : 3_300 - moved },
        green:
          second < 5
            ? { connections: null, sessions: null }
            : { connections: isSilent ? null : moved, sessions: moved },
        away: busy && !isSilent ? 70 + (second % 7) : null,
        disconnects: busy ? 60 : 0,
        disconnectsPerSecond: busy ? 60 + (second % 3) : null,
        reconnects: busy && !isSilent ? 60 : null,
        reconnectsPerSecond: null,
        nodes: new Map([
          [`${BLUE}-0`, 1_500 - moved / 2],
          [`${BLUE}-1`, 1_500 - moved / 2],
          ...(second < 5 ? [] : ([[`${GREEN}-0`, isSilent ? null : moved]] as const)),
        ]),
      };
    });
  const share = (index: number) => ({
    pod: `${BLUE}-${index}`,
    connectionsPerSecond: 30,
    sessionsPerSecond: 10,
    wave: 0,
    offsetMs: 0,
  });
  const record = recordOf(
    journal({
      phase: 'done',
      began: {
        claim: T0,
        green: T0 + 1_000,
        switch: T0 + 5_000,
        evacuate: T0 + 10_000,
        retire: T0 + 86_000,
        done: T0 + 90_000,
      },
      finishedAt: T0 + 90_000,
      to: { version: '4.4.15', set: GREEN, revision: 'r' },
      connectionCap: 60,
      shares: [share(0), share(1)],
      evacuation: {
        startedAt: T0 + 10_000,
        drainedAt: T0 + 86_000,
        lowerBoundMs: 50_000,
        connections: 3_000,
        moving: 3_000,
      },
      end: { connections: 2_990, sessions: 3_222, subscriptions: null },
      pace: [
        { at: T0, perSecond: 60 },
        { at: T0 + 40_000, perSecond: 0 },
        { at: T0 + 45_000, perSecond: 60 },
      ],
      pausedMs: 5_000,
      peakPerSecond: 62,
      planned: {
        lowerBoundMs: 50_000,
        evacuateMs: 55_000,
        estimateMs: 100_000,
        peakDisconnectsPerSecond: 60,
        devicesAway: 100,
      },
      drivers: ['ana@laptop 17-abcdef012345', 'ana@laptop 18-abcdef012346', 'runner@pod-0 1-abcdef'],
      incidents: [
        {
          kind: 'node-silent',
          at: T0 + 30_000,
          endedAt: T0 + 36_000,
          subjects: [`${GREEN}-0`],
          what: `${GREEN}-0 did not answer as a broker; no device was disconnected meanwhile`,
          devicesAway: 76,
        },
        {
          kind: 'node-restarted',
          at: T0 + 52_000,
          subjects: [`${BLUE}-1`],
          what: `the broker in ${BLUE}-1 restarted: 713 connections ended at once, and at least the sessions of 78 offline devices are lost`,
          sessionsLost: 78,
        },
      ],
      series: withReadings(undefined, readings),
    }),
  );
  return { ...clusterDocument({ namespace: 'mqtt', name: 'emqx' }, record), ...change };
}
