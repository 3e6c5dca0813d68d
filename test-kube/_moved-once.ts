import type { ClientReport } from '../src/simulator/clients/client-report';
import { measured } from './_lab';
import type { Site } from './_site';

/** Expects that the upgrade of a site disconnected each client once, lost nothing and kept to the cap; tells what was seen. */
export async function expectMovedOnce({ namespace, fleet, rate }: Site): Promise<ClientReport> {
  const seen = await fleet.report();
  tell(namespace, seen);
  const { clients, devices } = fleet;
  expect(seen.disconnectsPerClient.histogram).toEqual([0, clients]);
  expect(seen).toMatchObject({
    refusedConnects: 0,
    sessionsKept: devices,
    sessionsLost: 0,
    messagesDelivered: devices,
    stillOffline: 0,
  });
  expect(seen.peakDisconnectsPerSecond).toBeLessThanOrEqual(rate);
  return seen;
}

/** A line for the lane's log. */
export function tell(namespace: string, seen: ClientReport): void {
  const { disconnectsPerClient, peakDisconnectsPerSecond, slidingDisconnects } = seen;
  const { refusedConnects, refusedByReason, sessionsKept, sessionsLost } = seen;
  measured(
    [
      `${namespace}: clients by disconnects ${JSON.stringify(disconnectsPerClient.histogram)}`,
      `at most ${peakDisconnectsPerSecond} in a second (sliding ${slidingDisconnects.in1s})`,
      `${refusedConnects} connects refused ${refusedConnects > 0 ? JSON.stringify(refusedByReason) : ''}`.trim(),
      `sessions ${sessionsKept} kept, ${sessionsLost} lost`,
    ].join(', '),
  );
}
