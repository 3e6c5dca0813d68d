import type { Role } from '../../src/resource';
import type { SetView } from '../../src/upgrade';
import { surplusStep } from '../../src/upgrade/phases/surplus';
import type { Situation } from '../../src/upgrade/step';
import { emqxOf } from '../_upgradable-cluster';

const set = (role: Role, hash: string) =>
  ({ name: `emqx-${role}-${hash}`, role, revision: hash, replicas: 2 }) as SetView;
const stage = (role: Role) => ({
  role,
  replicas: 2,
  from: { set: `emqx-${role}-a`, revision: 'a' },
  to: { set: `emqx-${role}-b`, revision: 'b' },
});

/** A run that replaces replicants, and cores after them. */
function situation(...sets: SetView[]): Situation {
  const { from, to } = stage('replicant');
  const journal = { phase: 'evacuate', role: 'replicant', replicas: 2, from, to, later: [stage('core')] };
  const ours = (['core', 'replicant'] as const).flatMap((role) => [set(role, 'a'), set(role, 'b')]);
  const cluster = {
    resource: emqxOf('emqx', 'mqtt', '5.8.9'),
    sets: [...ours, ...sets],
    pods: [],
    traffic: [],
    journal,
  };
  return { observation: { at: 0, cluster, nodes: new Map() }, journal } as unknown as Situation;
}

test('the sets of both roles of a run are no surplus, also while those of the other role are replaced', () => {
  expect(surplusStep(situation())).toBeUndefined();
});

test.each<Role>(['replicant', 'core'])('a third set of %ss is, whichever role is replaced at the moment', (role) => {
  expect(surplusStep(situation(set(role, 'c')))).toMatchObject({
    kind: 'stop',
    code: 'UNEXPECTED_SETS',
    reason: expect.stringMatching(new RegExp(`^a third .* has replicas: emqx-${role}-c$`)),
  });
});
