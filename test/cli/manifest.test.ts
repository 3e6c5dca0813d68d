import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { parseAllDocuments } from 'yaml';
import { ApiKey, EmqxMonitoring, EmqxOperator, OperatorWebhook, UpgradeAccess } from '../../src';
import { run } from './_shell';

const folder = mkdtempSync(path.join(tmpdir(), 'manifest-'));
const ca = path.join(folder, 'ca.crt');
const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
writeFileSync(ca, PEM);
afterAll(() => rmSync(folder, { recursive: true }));

const type = (line: string) => run(['manifest', ...line.split(' ')]);

function objects(make: (chart: Chart) => Construct, labels = {}): unknown {
  const chart = new Chart(new App(), 'chart', { labels });
  make(chart);
  return JSON.parse(JSON.stringify(chart.toJson()));
}

test.each<[string, unknown]>([
  [
    'monitoring emqx --generation 5 --api-key-secret metrics-reader',
    objects((chart) => {
      const cluster = { name: 'emqx', kind: 'EMQX' } as const;
      return new EmqxMonitoring(chart, 'It', { cluster, apiKey: ApiKey.fromSecret('metrics-reader') });
    }),
  ],
  [
    'monitoring emqx-ee -n messaging --rate 100 --label release=prometheus',
    objects(
      (chart) =>
        new EmqxMonitoring(chart, 'It', {
          cluster: { name: 'emqx-ee', namespace: 'messaging', connectionEvictionRate: 100 },
        }),
      { release: 'prometheus' },
    ),
  ],
  [
    'access emqx-ee telemetry --namespace messaging --service fleet',
    objects(
      (chart) =>
        new UpgradeAccess(chart, 'It', {
          namespace: 'messaging',
          clusters: ['emqx-ee', 'telemetry'],
          services: ['fleet'],
        }),
    ),
  ],
  ['access', objects((chart) => new UpgradeAccess(chart, 'It'))],
  ['operator', objects((chart) => new EmqxOperator(chart, 'It'))],
  [
    'operator -n ops --watch-namespace messaging --no-crds --webhook none --image r.example/operator',
    objects(
      (chart) =>
        new EmqxOperator(chart, 'It', {
          namespace: 'ops',
          watchNamespace: 'messaging',
          crds: false,
          image: 'r.example/operator',
          webhook: OperatorWebhook.none(),
        }),
    ),
  ],
  [
    `operator --no-crds --webhook-secret own --webhook-ca ${ca}`,
    objects((chart) => new EmqxOperator(chart, 'It', { crds: false, webhook: OperatorWebhook.fromSecret('own', PEM) })),
  ],
])('%s: what the construct renders', async (line, expected) => {
  const { code, out, err } = await type(line);
  expect([code, err]).toEqual([0, '']);
  expect(parseAllDocuments(out).map((document) => document.toJS() as unknown)).toEqual(expected);
});

test.each<[string, RegExp[]]>([
  ['monitoring', [/^'<name>' \(missing\) must be one name: /]],
  ['monitoring a b', [/^'<name>' \("a b"\) must be one name: /]],
  [
    'monitoring EMQX --runbook-url here',
    [/^'<name>' \("EMQX"\) must be a DNS label/, /^'--runbook-url' \("here"\) must/],
  ],
  [
    'monitoring a --rate fast --label x',
    [/^'--label' \("x"\) must be a name and a value/, /^'--rate' \("fast"\) must/],
  ],
  ['monitoring a --generation both', [/^'--generation' \("both"\) must be 4 or 5/]],
  ['monitoring a --generation 5 --api-key-secret B', [/^'--api-key-secret' \("B"\) must be the name of an object/]],
  ['monitoring a --api-key-secret b', [/^'--api-key-secret' \("b"\) must be left out for EMQX 4\.4/]],
  ['operator --generation 5', [/^'--generation' \("5"\) must be left out with operator: .* monitoring or access/]],
  ['access A --service B', [/^'<name>' \("A"\) must be a DNS label/, /^'--service' \("B"\) must be the name of an/]],
  [
    'access --rate 5 --no-crds',
    [/^'--rate' \("5"\) must be left out with access/, /^'--no-crds' \(true\) must be left/],
  ],
  ['operator emqx-ee', [/^'<name>' \("emqx-ee"\) must be left out with operator/]],
  ['operator --watch-namespace A', [/^'--watch-namespace' \("A"\) must be a DNS label/]],
  ['operator --webhook-secret own', [/^'--webhook-secret' \("own"\) must be given together with --webhook-ca/]],
  ['operator --webhook-secret own --webhook-ca no/such', [/^'--webhook-ca' \("no\/such"\) must be a file/]],
])('%s is refused with all that is wrong, by the names of the options', async (line, messages) => {
  const { code, out, err } = await type(line);
  expect([code, out]).toEqual([2, '']);
  expect(err.trim().split(/\n(?!→)/)).toEqual(messages.map((message) => expect.stringMatching(message) as unknown));
});
