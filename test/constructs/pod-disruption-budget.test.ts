import { Findings } from '../../src/constructs/_findings';
import { checkPodDisruptionBudget, podDisruptionBudgetOf } from '../../src/constructs/pod-disruption-budget';
import { ofKind, problemsWith, synth } from './_cluster';

function messages(maxUnavailable: unknown): string[] {
  const findings = new Findings();
  checkPodDisruptionBudget(findings, 'podDisruptionBudget', { maxUnavailable } as never);
  return findings.messages();
}

test('one node at a time may be taken away, of old and new ones together', () => {
  expect(podDisruptionBudgetOf({ name: 'emqx-ee', namespace: 'messaging' }, {})).toEqual({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'emqx-ee', namespace: 'messaging' },
    spec: {
      maxUnavailable: 1,
      selector: {
        matchLabels: { 'apps.emqx.io/instance': 'emqx-ee', 'apps.emqx.io/managed-by': 'emqx-operator' },
      },
    },
  });
});

test('or as many as are asked for', () => {
  const budget = podDisruptionBudgetOf({ name: 'emqx-ee', namespace: 'messaging' }, { maxUnavailable: 2 });
  expect(budget.spec.maxUnavailable).toBe(2);
  expect(messages(2)).toEqual([]);
});

test.each([0, 1.5, '1', null])('but %j of them is refused', (maxUnavailable) => {
  expect(messages(maxUnavailable)).toEqual([
    expect.stringMatching(/^'podDisruptionBudget.maxUnavailable' \(.*\) must be a whole number of at least 1: with 0/),
  ]);
});

test('a cluster has one when it is asked for, and refuses one that nobody could drain a node with', () => {
  const name = { name: 'emqx-ee', namespace: 'default' };
  expect(ofKind(synth({ podDisruptionBudget: {} }), 'PodDisruptionBudget')).toEqual(podDisruptionBudgetOf(name, {}));
  expect(problemsWith({ podDisruptionBudget: { maxUnavailable: 0 } })).toEqual([
    expect.stringMatching(/^'podDisruptionBudget.maxUnavailable' \(0\) must be a whole number of at least 1: /),
  ]);
});
