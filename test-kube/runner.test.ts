import { App, Chart, Testing } from 'cdk8s';
import { UpgradeRunner } from '../src';
import type { KubeObject } from '../src/kubernetes';
import { HOLD_DELAY_SECONDS } from '../src/resource';
import { promtool, withPromtool } from '../test/_promtool';
import { describeKube } from './_describe-kube';
import { kubectl, measured } from './_lab';
import { expectMovedOnce } from './_moved-once';
import { RunnerProcess } from './_runner-process';
import { Site } from './_site';
import { until } from './_until';

const RUNNER = 'emqx-upgrade-runner';

describeKube('on a real API server, a runner', () => {
  let metrics = '';

  test('takes up a version that a second field manager has applied; killed in the middle, the next one goes on', () =>
    Site.with('runner-gitops', { clients: 400, rate: 20 }, async (site) => {
      const { namespace, fleet } = site;
      await install(namespace);
      hold(namespace);
      const runners = [new RunnerProcess(namespace, RUNNER)];
      try {
        const [first] = runners as [RunnerProcess];
        await until('the cluster to be seen', () => first.story.includes('cluster'));
        applyVersion(site);
        await until('devices to be on their way', () => fleet.disconnects > 50);
        metrics = await first.metrics();
        await first.kill();
        const left = fleet.disconnects;
        const second = new RunnerProcess(namespace, RUNNER);
        runners.push(second);
        const end = await until('the report', () => second.told.find((one) => one.kind === 'end'));
        expect(end).toMatchObject({ report: { outcome: 'completed', hasLosses: false } });
        expect(first.story).toEqual(expect.arrayContaining(['plan', 'start']));
        expect(second.told.find((one) => one.kind === 'start')).toMatchObject({ isResumed: true });
        expect(runners.map(({ complaints }) => complaints)).toEqual(['', '']);
        expect(second.told.filter(({ kind }) => kind === 'error')).toEqual([]);
        measured(`${namespace}: killed after ${left} disconnects`);
        await expectMovedOnce(site);
        await until('the last Event', () => reasons(namespace).includes('UpgradeCompleted'));
        expect(reasons(namespace)).toEqual(
          expect.arrayContaining(['UpgradeStarted', 'UpgradePhase', 'UpgradeResumed', 'UpgradeCompleted']),
        );
        const { spec } = JSON.parse(kubectl(['get', 'emqxenterprise', 'emqx-ee', '-n', namespace, '-o', 'json'])) as {
          spec: { blueGreenUpdate: { initialDelaySeconds: number } };
        };
        expect(spec.blueGreenUpdate.initialDelaySeconds).toBe(HOLD_DELAY_SECONDS);
        const keys = Object.keys(recordsIn(namespace)).sort();
        expect(keys).toEqual(['policy']);
      } finally {
        for (const runner of runners) await runner.kill();
      }
    }));

  withPromtool('has metrics in which promtool finds no fault', () => {
    expect(metrics).toContain('emqx_blue_green_run_devices_remaining{');
    expect(promtool(['check', 'metrics'], metrics)).toBe('');
  });
});

/** Its account, its rights and its policy; the Deployment stays away, for no node of the lab runs an image. */
async function install(namespace: string): Promise<void> {
  const chart = new Chart(new App(), 'chart', { namespace });
  new UpgradeRunner(chart, 'Runner', { image: 'registry.example.com/none:1', policy: { mode: 'automatic' } });
  const objects = (Testing.synth(chart) as KubeObject[]).filter(({ kind }) => kind !== 'Deployment');
  kubectl(['apply', '-f', '-'], objects);
  const may = ['auth', 'can-i', 'patch', 'emqxenterprises', '-n', namespace];
  await until(
    'its rights to hold',
    () => kubectl([...may, `--as=system:serviceaccount:${namespace}:${RUNNER}`]) !== '',
  );
}

/** At rest, by its owner. */
function hold(namespace: string): void {
  const spec = { blueGreenUpdate: { initialDelaySeconds: HOLD_DELAY_SECONDS } };
  kubectl(['patch', 'emqxenterprise', 'emqx-ee', '-n', namespace, '--type=merge', '-p', JSON.stringify({ spec })]);
}

/**
 * As Argo CD and Flux do: the whole manifest. Kubectl gives the fields of an earlier `kubectl apply` to the new manager, and so removes
 * those that this one leaves out.
 */
function applyVersion(site: Site): void {
  const { spec, ...object } = site.desired();
  const blueGreenUpdate = { ...spec.blueGreenUpdate, initialDelaySeconds: HOLD_DELAY_SECONDS };
  const held = { ...object, spec: { ...spec, blueGreenUpdate } };
  kubectl(['apply', '--server-side', '--force-conflicts', '--field-manager=argocd-controller', '-f', '-'], [held]);
}

/** Of the Events about the cluster that runners have written, in their order. */
function reasons(namespace: string): string[] {
  const args = ['get', 'events', '-n', namespace, '--field-selector=involvedObject.name=emqx-ee', '-o', 'json'];
  const { items } = JSON.parse(kubectl(args)) as {
    items: { reason: string; firstTimestamp: string; source?: { component?: string } }[];
  };
  return items
    .filter(({ source }) => source?.component === 'emqx-blue-green')
    .sort((a, b) => a.firstTimestamp.localeCompare(b.firstTimestamp))
    .map(({ reason }) => reason);
}

function recordsIn(namespace: string): Record<string, string> {
  const map = kubectl(['get', 'configmap', RUNNER, '-n', namespace, '-o', 'json']);
  return (JSON.parse(map) as { data: Record<string, string> }).data;
}
