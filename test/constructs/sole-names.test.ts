import { ApiObject, App, Chart, Testing } from 'cdk8s';
import {
  EmqxCluster,
  EmqxEnterpriseCluster,
  type EmqxEnterpriseClusterProps,
  EmqxMonitoring,
  EmqxOperator,
  type EmqxOperatorProps,
  OperatorWebhook,
  UpgradeAccess,
} from '../../src';
import { blueGreenUpdate } from './_cluster';

/** What is said against a program of one chart, a problem a line. */
function problemsOf(fill: (chart: Chart, app: App) => void): string[] {
  const app = new App();
  const chart = new Chart(app, 'chart');
  fill(chart, app);
  try {
    Testing.synth(chart);
  } catch (error) {
    return (error as Error).message.split('\n').slice(1);
  }
  return [];
}

const cluster = (chart: Chart, id: string, props: Partial<EmqxEnterpriseClusterProps> = {}) =>
  new EmqxEnterpriseCluster(chart, id, { name: 'emqx-ee', version: '4.4.14', ...props });

const operator = (chart: Chart, id: string, props: EmqxOperatorProps = {}) =>
  new EmqxOperator(chart, id, { webhook: OperatorWebhook.none(), ...props });

test('two clusters of one name are refused: the later one says so', () => {
  expect(
    problemsOf((chart) => {
      cluster(chart, 'A');
      cluster(chart, 'B');
    }),
  ).toEqual([
    `  [chart/B] 'name' ("emqx-ee") must be a name that nothing else in the program uses: chart/A/Resource has the EmqxEnterprise.apps.emqx.io default/emqx-ee, too, and one would overwrite the other; choose another name, or another namespace`,
  ]);
});

test('so are two of different charts, and one that is called like what belongs to another', () => {
  expect(
    problemsOf((chart, app) => {
      cluster(chart, 'A');
      cluster(new Chart(app, 'second', { namespace: 'default' }), 'B');
    }),
  ).toEqual([expect.stringContaining("[second/B] 'name'")]);
  expect(
    problemsOf((chart) => {
      cluster(chart, 'A');
      cluster(chart, 'B', { name: 'emqx-ee-mqtt' });
    }),
  ).toEqual([
    expect.stringMatching(/\[chart\/B\] 'name' .*: chart\/A\/Service has the Service default\/emqx-ee-mqtt, too/),
  ]);
});

test('an object of somebody else is named, wherever it stands', () => {
  const service = (chart: Chart) =>
    new ApiObject(chart, 'Mine', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'emqx-ee', namespace: 'default' },
    });
  const expected = [expect.stringMatching(/\[chart\/A\] 'name' .*: chart\/Mine has the Service default\/emqx-ee, too/)];
  expect(
    problemsOf((chart) => {
      cluster(chart, 'A');
      service(chart);
    }),
  ).toEqual(expected);
  expect(
    problemsOf((chart) => {
      service(chart);
      cluster(chart, 'A');
    }),
  ).toEqual(expected);
});

test.each(['emqx-headless', 'emqx.emqx-upgrade'])(
  'an object named like one of an upgrade of EMQX 5, or of its operator: %s',
  (name) => {
    const kind = name.endsWith('upgrade') ? 'ConfigMap' : 'Service';
    expect(
      problemsOf((chart) => {
        new EmqxCluster(chart, 'A', { name: 'emqx', version: '5.8.9', blueGreenUpdate });
        new ApiObject(chart, 'Mine', { apiVersion: 'v1', kind, metadata: { name, namespace: 'default' } });
      }),
    ).toEqual([expect.stringContaining(`chart/Mine has the ${kind} default/${name}, too`)]);
  },
);

test('two accounts of one namespace are refused, and two sights of one cluster', () => {
  expect(
    problemsOf((chart) => {
      new UpgradeAccess(chart, 'A', { clusters: ['a'] });
      new UpgradeAccess(chart, 'B', { clusters: ['b'] });
    }),
  ).toEqual([
    expect.stringMatching(/\[chart\/B\] 'namespace' \("default"\) .*; name all clusters of a namespace in one /),
  ]);
  expect(
    problemsOf((chart) => {
      new EmqxMonitoring(chart, 'A', { cluster: cluster(chart, 'Cluster') });
      new EmqxMonitoring(chart, 'B', { cluster: { name: 'emqx-ee' } });
    }),
  ).toEqual([expect.stringMatching(/\[chart\/B\] 'cluster' \("emqx-ee"\) .*; watch each cluster once/)]);
});

test('the definitions belong to no namespace: two operators must not both bring them', () => {
  const two = (crds: boolean) =>
    problemsOf((chart) => {
      operator(chart, 'A', { namespace: 'a', watchNamespace: 'a' });
      operator(chart, 'B', { namespace: 'b', watchNamespace: 'b', crds });
    });
  expect(two(true)).toEqual([expect.stringMatching(/\[chart\/B\] 'namespace' \("b"\) .* CustomResourceDefinition/)]);
  expect(two(false)).toEqual([]);
});

test('equal names of other namespaces are no matter', () => {
  expect(
    problemsOf((chart) => {
      cluster(chart, 'A');
      cluster(chart, 'B', { namespace: 'other' });
      cluster(chart, 'C', { name: 'emqx' });
      new UpgradeAccess(chart, 'AccessA', {});
      new UpgradeAccess(chart, 'AccessB', { namespace: 'other' });
    }),
  ).toEqual([]);
});

test('what was added after a first synthesis is seen by the next', () => {
  const app = new App();
  const chart = new Chart(app, 'chart');
  cluster(chart, 'A');
  Testing.synth(chart);
  cluster(chart, 'B');
  expect(() => Testing.synth(chart)).toThrow(/\[chart\/B\] 'name'/);
});

describe('an EmqxCluster', () => {
  const emqx = (chart: Chart, id: string, name: string) =>
    new EmqxCluster(chart, id, { name, version: '5.8.9', blueGreenUpdate });

  test('must not be called like another cluster of its namespace, of either generation', () => {
    expect(
      problemsOf((chart) => {
        cluster(chart, 'A');
        emqx(chart, 'B', 'emqx-ee');
      }),
    ).toEqual([
      expect.stringMatching(/\[chart\/B\] 'name' .*: chart\/A\/Service has the Service default\/emqx-ee-mqtt, too/),
    ]);
  });

  test.each([
    ['Service', 'a-dashboard'],
    ['ConfigMap', 'a-configs'],
    ['Secret', 'a-node-cookie'],
  ])('must not leave the operator the %s %s that another has', (kind, name) => {
    expect(
      problemsOf((chart) => {
        new ApiObject(chart, 'Other', { apiVersion: 'v1', kind, metadata: { name, namespace: 'default' } });
        emqx(chart, 'A', 'a');
      }),
    ).toEqual([expect.stringContaining(`chart/Other has the ${kind} default/${name}, too`)]);
  });
});
