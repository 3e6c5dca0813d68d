import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inc } from 'semver';
import { openLink } from '../../src/cli/link';
import type { KubeObject } from '../../src/kubernetes';
import { readManifest, versionOf } from '../../src/resource';
import { type DemoEvent, demo } from '../../src/sandbox/demo';
import { openSandbox, type SandboxEvent } from '../../src/sandbox/open-sandbox';
import type { Comparison } from '../../src/simulator/comparison';
import type { RunReport } from '../../src/simulator/run-report';
import type { Check, UpgradePlan } from '../../src/upgrade';
import { SharedTime } from '../_shared-time';
import { run } from '../cli/_shell';
import { examples } from './_run';

const folder = path.join(examples, 'real');
const scratch = mkdtempSync(path.join(tmpdir(), 'real-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** What is told of each: by which Service devices come in, and what of that, or of a license, is not in the manifest. */
const EXPECTED: Readonly<Record<string, { service: string; added?: true; unmarked?: true; assumed?: string }>> = {
  'acl-and-plugin.yaml': { service: 'broker-listeners' },
  'exported-list.yaml': { service: 'meters-mqtt' },
  'load-balancer-tls.yaml': { service: 'vehicles-lb' },
  'persistent-licensed.yaml': { service: 'telemetry-mqtt', added: true, assumed: 'telemetry-license' },
  'rendered-chart.yaml': { service: 'mqtt-devices', unmarked: true },
  'vendor-tutorial.yaml': { service: 'emqx-ee' },
};

test('each real manifest has its row', () => {
  expect(readdirSync(folder).sort()).toEqual(Object.keys(EXPECTED).sort());
});

describe.each(Object.entries(EXPECTED))('%s', (name, { service, added, unmarked, assumed }) => {
  const file = path.join(folder, name);
  const text = readFileSync(file, 'utf8');
  const { resource, others } = readManifest(text, name);
  const version = versionOf(resource);
  const next = inc(version, 'patch')!;
  const notes = {
    service,
    addedService: added ?? false,
    canBeSwitched: !unmarked,
    assumedSecrets: assumed === undefined ? [] : [assumed],
  };
  /** A Service that is not switched leads some devices to old nodes again. */
  const mostDisconnects = unmarked ? 2 : 1;

  test('is simulated', async () => {
    const { code, out } = await run(['simulate', '-f', file, '--clients', '60', '-o', 'json']);
    expect(code).toBe(0);
    const { plan, report, native } = JSON.parse(out) as { plan: UpgradePlan; report: RunReport; native: Comparison };
    expect(plan).toMatchObject({ from: { version }, to: { version: next }, connections: 60, offlineSessions: 6 });
    expect(plan.changes).toMatchObject([{ before: version, after: next }]);
    expect(report).toMatchObject({ outcome: 'completed', sessionsLost: 0, clients: 60 });
    expect(report.disconnectsPerClient.max).toBeLessThanOrEqual(mostDisconnects);
    expect(native).toMatchObject({ outcome: 'completed', driver: 'operator' });
  });

  test('runs in a sandbox, and is checked and planned there', async () => {
    const kubeconfigPath = path.join(scratch, `${name}.kubeconfig`);
    const events: SandboxEvent[] = [];
    const manifests = { cluster: resource, objects: others as KubeObject[] };
    const time = await SharedTime.open();
    const options = { manifests, clients: 5, kubeconfigPath, freePorts: true, drive: time.drive };
    let connected = () => {};
    const all = new Promise<void>((resolve) => {
      connected = resolve;
    });
    const sandbox = await openSandbox(options, (event) => {
      events.push(event);
      if (event.kind === 'connected') connected();
    });
    try {
      await time.until(all);
      expect(events[0]).toEqual({ kind: 'staged', ...notes });
      const link = () => openLink({ kubeconfig: kubeconfigPath });
      const bumped = path.join(scratch, name);
      writeFileSync(bumped, text.replaceAll(version, next));
      for (const wanted of [
        ['-f', bumped],
        ['--set-version', next],
      ]) {
        const check = await run(['check', ...wanted, '-o', 'json'], { link });
        const { checks } = JSON.parse(check.out) as { checks: Check[] };
        // A Service that no upgrade switches is a way in there.
        const warned = name === 'rendered-chart.yaml' ? ['other-ways'] : [];
        expect(checks.filter(({ status }) => status !== 'ok').map(({ id }) => id)).toEqual(warned);
        expect(check.code).toBe(0);
        const plan = await run(['plan', ...wanted, '-o', 'json'], { link });
        expect(JSON.parse(plan.out)).toMatchObject({ from: { version }, changes: [{ before: version, after: next }] });
        expect(plan.code).toBe(0);
      }
    } finally {
      await sandbox.stop();
      await time.close();
    }
  });

  test('is upgraded by the demo', async () => {
    const events: DemoEvent[] = [];
    const time = await SharedTime.open();
    const upgrade = demo(
      {
        cluster: resource,
        objects: others as KubeObject[],
        version: next,
        clients: 20,
        stormCap: 20,
        driver: 'pilot',
        seed: 2,
        mqttPort: 0,
        drive: time.drive,
      },
      (event) => events.push(event),
    );
    const { report } = await time.until(upgrade).finally(() => time.close());
    expect(events[0]).toMatchObject({ kind: 'opened', ...notes });
    expect(report).toMatchObject({ outcome: 'completed', sessionsLost: 0, clients: 20 });
    expect(report.disconnectsPerClient.max).toBeLessThanOrEqual(mostDisconnects);
  });
});
