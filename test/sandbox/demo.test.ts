import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readManifest } from '../../src/resource';
import { type DemoEvent, demo } from '../../src/sandbox/demo';
import { quickstart, quickstartOfEmqx } from '../../src/sandbox/quickstart';
import type { RunReport } from '../../src/simulator/run-report';
import { SharedTime } from '../_shared-time';

/** The tutorial's own manifest, upgraded on real sockets by the engine; it brings no Service for its devices. */
test('the tutorial’s manifest is completed and upgraded, each MQTT client disconnected once', async () => {
  const file = path.resolve(__dirname, '../../examples/tutorial/emqx-ee.yaml');
  const { resource, others } = readManifest(readFileSync(file, 'utf8'), file);
  resource.spec.blueGreenUpdate!.initialDelaySeconds = 0;
  resource.spec.blueGreenUpdate!.evacuationStrategy!.waitTakeover = 1;
  const events: DemoEvent[] = [];
  const time = await SharedTime.open();
  const upgrade = demo(
    {
      cluster: resource,
      objects: others as [],
      version: '4.4.15',
      clients: 120,
      // So slow that the operator reports it at least once: it looks every ten seconds.
      stormCap: 9,
      driver: 'pilot',
      seed: 3,
      mqttPort: 0,
      drive: time.drive,
    },
    (event) => events.push(event),
  );
  const { plan, report, native } = await time.until(upgrade).finally(() => time.close());
  expect(plan).toMatchObject({ connections: 120, offlineSessions: 12, capPerSecond: 9, from: { version: '4.4.14' } });
  expect(report.disconnectsPerClient).toEqual({ mean: 1, max: 1, histogram: [0, 120] });
  expect(report).toMatchObject({ outcome: 'completed', sessionsLost: 0, sessionsMoved: 12, refusedConnects: 0 });
  expect(report.peakDisconnectsPerSecond).toBeLessThanOrEqual(1.15 * 9);
  expect(native).toMatchObject({ driver: 'operator', sessionsKept: 0, sessionsLost: 12 });

  const kinds = events.map((event) => event.kind).filter((kind, index, all) => kind !== all[index - 1]);
  expect(kinds.slice(0, 3)).toEqual(['opened', 'connected', 'planned']);
  expect(events[0]).toMatchObject({ addedService: true, service: 'emqx-ee-mqtt' });
  const evacuations = events.flatMap((event) => (event.kind === 'evacuations' ? event.evacuations : []));
  expect(evacuations[0]).toMatchObject({
    node: expect.stringMatching(/^emqx-ee@emqx-ee-.*-headless\.default\.svc\.cluster\.local$/),
    state: expect.stringMatching(/^(evicting_conns|waiting_takeover|evicting_sessions|prohibiting)$/),
    session_recipients: [expect.any(String), expect.any(String), expect.any(String)],
    connection_eviction_rate: 3,
  });
});

test('EMQX 5 is upgraded in the same way, and the operator alone loses nothing but time', async () => {
  const manifests = quickstartOfEmqx(60);
  manifests.cluster.spec.updateStrategy!.initialDelaySeconds = 0;
  manifests.cluster.spec.updateStrategy!.evacuationStrategy!.waitTakeover = 1;
  const events: DemoEvent[] = [];
  const time = await SharedTime.open();
  const options = { ...manifests, version: '5.8.9', clients: 120, driver: 'pilot', seed: 3, mqttPort: 0 } as const;
  const upgrade = demo({ ...options, drive: time.drive }, (event) => events.push(event));
  const { plan, report, native } = await time.until(upgrade).finally(() => time.close());
  expect(plan).toMatchObject({ connections: 120, offlineSessions: 12, from: { version: '5.8.8' } });
  const unharmed = { outcome: 'completed', sessionsLost: 0, disconnectsPerClient: { mean: 1, max: 1 } };
  expect(report).toMatchObject({ ...unharmed, sessionsMoved: 12, refusedConnects: 0 });
  expect(native).toMatchObject({ ...unharmed, driver: 'operator' });
  // Each of the three nodes waits for a minute first.
  const alone = native.outcome === 'cannot' ? 0 : native.durationMs;
  expect(alone).toBeGreaterThan(180_000);
  expect(report.durationMs).toBeLessThan(0.35 * alone);
  expect(events).toContainEqual({
    kind: 'evacuations',
    path: '.status.nodeEvacuationsStatus',
    evacuations: expect.arrayContaining([expect.objectContaining({ connection_eviction_rate: expect.any(Number) })]),
  });
});

describe('new nodes that accept six connections per second each', () => {
  const ACCEPTED = 6;

  async function upgradeOf(pacing: 'fixed' | 'adaptive', clients: number, isSet = false) {
    // What nodes accept is found by going beyond it, in steps that grow with the cap: at this one devices, and probes among them, wait for
    // less than the three seconds of a probe.
    const manifests = quickstart(60);
    manifests.cluster.spec.blueGreenUpdate!.initialDelaySeconds = 0;
    manifests.cluster.spec.blueGreenUpdate!.evacuationStrategy!.waitTakeover = 1;
    const { emqxContainer } = manifests.cluster.spec.template!.spec!;
    if (isSet) emqxContainer!.emqxConfig = { 'listener.tcp.external.max_conn_rate': String(ACCEPTED) };
    const warnings: string[] = [];
    const time = await SharedTime.open();
    const upgrade = demo(
      {
        ...manifests,
        ...{ version: '4.4.15', clients, devices: [{ devices: 'mqtt.js@5.15', percent: 100 }] },
        ...{ driver: 'pilot', seed: 3, mqttPort: 0, pacing, maxConnRate: ACCEPTED, drive: time.drive },
      },
      (event) => {
        if (event.kind === 'warning') warnings.push(event.text);
      },
    );
    const { report } = await time.until(upgrade).finally(() => time.close());
    return { report, warnings };
  }

  test('an adaptive upgrade disconnects devices as fast as they accept them', async () => {
    const [fixed, adaptive] = [await upgradeOf('fixed', 300), await upgradeOf('adaptive', 300)];
    expect(adaptive.report).toMatchObject({
      disconnectsPerClient: { mean: 1, max: 1 },
      sessionsLost: 0,
      refusedConnects: 0,
    });
    expect(adaptive.warnings).toEqual([]);
    // The slowest twentieth of the devices is no measure of it: these are the ones with which the limit was searched.
    expect(fixed.report.offlineMs.p50).toBeGreaterThan(2.5 * adaptive.report.offlineMs.p50);
    expect(awayDeviceSeconds(fixed.report)).toBeGreaterThan(2 * awayDeviceSeconds(adaptive.report));
  });

  test('and never faster, where the resource says what they accept', async () => {
    const { report, warnings } = await upgradeOf('adaptive', 300, true);
    expect(report).toMatchObject({ disconnectsPerClient: { mean: 1, max: 1 }, sessionsLost: 0, refusedConnects: 0 });
    expect(report.peakDisconnectsPerSecond).toBeLessThanOrEqual(3 * ACCEPTED);
    expect(warnings).toEqual([]);
  });
});

/** Devices that are away at the end of a step times its length, summed up. */
function awayDeviceSeconds({ clients, seconds }: RunReport): number {
  return (seconds.connected.reduce((sum, connected) => sum + clients - connected, 0) * seconds.stepMs) / 1_000;
}
