import { KubeApiError, type KubeObject } from '../../src/kubernetes';
import { operatorsIn } from '../../src/kubernetes/operators';
import { SimulatedClock } from '../../src/simulator/clock';
import { InMemoryKubeApi } from '../../src/simulator/kubernetes/in-memory-api';
import { ObjectStore } from '../../src/simulator/kubernetes/object-store';
import { Random } from '../../src/simulator/random';

const MANAGER = 'emqx-operator-controller-manager';

/** What is seen of a Deployment with the label that many operators have. */
async function seen(image: string, name = MANAGER, labels: Record<string, string> = {}) {
  const clock = new SimulatedClock();
  const store = new ObjectStore(clock, new Random(1));
  const proxy = { name: 'kube-rbac-proxy', image: 'quay.io/brancz/kube-rbac-proxy:v0.18.0' };
  const deployment: KubeObject & { spec: object } = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'ops', labels: { 'control-plane': 'controller-manager', ...labels } },
    spec: { template: { spec: { containers: [proxy, { name: 'manager', image }] } } },
  };
  store.create(deployment);
  const api = new InMemoryKubeApi(clock, store, { latencyMs: 0 });
  return clock.run(() => operatorsIn(api));
}

describe('an operator is recognized', () => {
  test.each<[image: string, version: string | undefined]>([
    ['emqx/emqx-operator-controller:2.2.29', '2.2.29'],
    ['emqx/emqx-operator-controller:v2.2.29', '2.2.29'],
    ['emqx/emqx-operator-controller:2.2.29-amd64', '2.2.29'],
    ['registry.local:5000/emqx/emqx-operator-controller:2.2.29-arm64-fips', '2.2.29'],
    ['emqx/emqx-operator-controller:2.2.29@sha256:0123', '2.2.29'],
    ['emqx/emqx-operator-controller:2.3.0', '2.3.0'],
    ['corp/emqx-op:2.2.29', '2.2.29'],
    ['emqx/emqx-operator-controller@sha256:0123', undefined],
    ['registry.local:5000/emqx/emqx-operator-controller', undefined],
    ['emqx/emqx-operator-controller:latest', undefined],
    ['emqx/emqx-operator-controller:2.2', undefined],
    ['emqx/emqx-operator-controller:main-20250506', undefined],
  ])('%s: %s', async (image, version) => {
    expect(await seen(image)).toEqual([{ name: `ops/${MANAGER}`, image, version, ready: false }]);
  });

  test('by the label of its chart, whatever it and its image are called', async () => {
    const operators = await seen('corp/op:2.2.29', 'op', { 'app.kubernetes.io/name': 'emqx-operator' });
    expect(operators).toMatchObject([{ name: 'ops/op', image: 'corp/op:2.2.29', version: '2.2.29' }]);
  });

  test('and nothing else that has its label', async () => {
    expect(await seen('corp/redis-operator:2.2.29', 'redis-operator')).toEqual([]);
    expect(await seen('emqx/emqx-operator-reloader:0.0.2', 'reloader')).toEqual([]);
  });
});

test('operators that may not be looked at are unknown, not absent', async () => {
  const clock = new SimulatedClock();
  const refused = () => Promise.reject(new KubeApiError(403, 'Forbidden', 'deployments.apps is forbidden'));
  const api = new InMemoryKubeApi(clock, new ObjectStore(clock, new Random(1)), { intercept: refused });
  expect(await clock.run(() => operatorsIn(api))).toBeUndefined();
});
