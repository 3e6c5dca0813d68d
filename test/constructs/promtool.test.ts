import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { EmqxMonitoring, UpgradeRunner } from '../../src';
import { promtool, withPromtool } from '../_promtool';
import { only, synth } from './_synth';

const folder = mkdtempSync(path.join(tmpdir(), 'promtool-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: object): string {
  const at = path.join(folder, name);
  writeFileSync(at, stringify(content));
  return at;
}

/** The rules of a cluster of a kind, and of the runner in the same namespace. */
function rulesOf(kind: 'EmqxEnterprise' | 'EMQX'): string[] {
  const cluster = { name: 'emqx', kind, namespace: 'mqtt' };
  const ofCluster = synth((chart) => new EmqxMonitoring(chart, 'Monitoring', { cluster }));
  const props = { image: 'registry.example.com/a:1', namespace: 'mqtt', monitoring: true };
  const ofRunner = synth((chart) => new UpgradeRunner(chart, 'Runner', props));
  return [ofCluster, ofRunner].map((manifests, index) =>
    file(`${kind}-${index}.yml`, only(manifests, 'PrometheusRule').spec as unknown as object),
  );
}

describe.each(['EmqxEnterprise', 'EMQX'] as const)('promtool, with the rules for an %s and its runner:', (kind) => {
  withPromtool('they are sound', () => {
    expect(promtool(['check', 'rules', ...rulesOf(kind)])).toMatch(/SUCCESS: 7 rules found.*SUCCESS: 4 rules found/s);
  });

  const of = `namespace="mqtt",kind="${kind}",cluster="emqx"`;
  const own = 'namespace="mqtt",pod="emqx-upgrade-runner-0"';
  const sound = [
    { series: `emqx_blue_green_runner_leading{${own}}`, values: '1x600' },
    { series: `emqx_blue_green_runner_policy_valid{${own}}`, values: '1x600' },
    { series: `emqx_blue_green_reconcile_errors_total{${own}}`, values: '0+0x300 1x300' },
    { series: `emqx_blue_green_notifications_dropped_total{${own},sink="event"}`, values: '0x600' },
    { series: `emqx_blue_green_incidents_total{${of},incident="pod-lost"}`, values: '0x600' },
    { series: `emqx_blue_green_cluster_waits{${of},reason="NotApproved"}`, values: '1x200' },
    { series: `emqx_blue_green_cluster_waits{${of},reason="OutsideWindow"}`, values: '_x200 1x400' },
    {
      series: `emqx_blue_green_cluster_waits{namespace="mqtt",kind="${kind}",cluster="other",reason="UpgradeStopped"}`,
      values: '1x600',
    },
  ];
  const replaced = (name: string, values: string) =>
    sound.map((one) => (one.series.startsWith(name) ? { ...one, values } : one));
  const added = (series: string, values: string) => [...sound, { series, values }];

  type Case = readonly [name: string, alert: string | undefined, minutes: number, series: object[]];
  const CASES: readonly Case[] = [
    ['nothing', undefined, 500, sound],
    [
      'a run that is tried again and stops',
      'EmqxUpgradeStopped',
      60,
      added(`emqx_blue_green_cluster_waits{${of},reason="UpgradeStopped"}`, '1x20 stale _x1 1x10 stale _x1 1x100'),
    ],
    [
      'a run that goes on',
      undefined,
      60,
      added(`emqx_blue_green_cluster_waits{${of},reason="UpgradeStopped"}`, '1x20 stale'),
    ],
    [
      'a check that prevents it',
      'EmqxUpgradeStopped',
      10,
      added(`emqx_blue_green_cluster_waits{${of},reason="UpgradeBlocked"}`, '1x600'),
    ],
    [
      'an approval that does not come',
      'EmqxUpgradeNotApproved',
      300,
      replaced(`emqx_blue_green_cluster_waits{${of},reason="Not`, '1x600'),
    ],
    ['an incident', 'EmqxUpgradeIncident', 60, replaced('emqx_blue_green_incidents', '0x55 1x600')],
    ['no leader', 'EmqxRunnerNotLeading', 20, replaced('emqx_blue_green_runner_leading', '0x600')],
    ['no runner at all', 'EmqxRunnerNotLeading', 20, replaced('emqx_blue_green_runner_leading', '_x600')],
    ['a wrong policy', 'EmqxRunnerPolicyInvalid', 20, replaced('emqx_blue_green_runner_policy', '0x600')],
    ['failures that go on', 'EmqxRunnerFails', 60, replaced('emqx_blue_green_reconcile', '0+1x600')],
    [
      'an Event that was not written',
      'EmqxRunnerNotificationsDropped',
      60,
      replaced('emqx_blue_green_notifications', '0x55 1x600'),
    ],
  ];

  withPromtool('each fires for what it is for, and no other does', () => {
    const expr = 'group by (alertname) (ALERTS{alertname=~"EmqxUpgrade.+|EmqxRunner.+",alertstate="firing"})';
    const tests = CASES.map(([name, alert, minutes, series]) => ({
      ...{ name, interval: '1m', input_series: series },
      promql_expr_test: [
        {
          ...{ expr, eval_time: `${minutes}m` },
          exp_samples: alert === undefined ? [] : [{ labels: `{alertname="${alert}"}`, value: 1 }],
        },
      ],
    }));
    const test = file('test.yml', { rule_files: rulesOf(kind), evaluation_interval: '1m', tests });
    expect(promtool(['test', 'rules', test])).toContain('SUCCESS');
  });
});
