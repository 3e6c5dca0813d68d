import { openRunAdvice } from '../../src/upgrade/open-run';
import { observationOf, type Scene, sceneAt } from './fixtures';

test.each<[string, boolean, (scene: Scene) => void]>([
  ['that can still be aborted', true, () => undefined],
  [
    'whose old template is not known',
    false,
    ({ journal }) => {
      journal.from = { ...journal.from, digest: undefined };
    },
  ],
  [
    'whose old replicants are gone',
    false,
    ({ journal }) => {
      journal.past = [{ role: 'replicant', replicas: 2, from: { set: 'a', revision: 'a' } }];
    },
  ],
])('of a run %s the advice names abort: %s', (_, named, change) => {
  for (const live of [true, false]) {
    const scene = sceneAt('evacuate');
    scene.journal.from = { ...scene.journal.from, digest: 'of the old template' };
    change(scene);
    const { cluster } = observationOf(scene);
    const lease = { holder: 'ada', live, acquiredAt: 0, expiresAt: 1, leftMs: 1 };
    expect(openRunAdvice({ ...cluster, lease }, scene.journal).includes('abort')).toBe(named);
  }
});
