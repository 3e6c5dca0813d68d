import type { KubeObject } from '../src/kubernetes';
import { Runner, type Told } from '../src/runner';
import type { Generation } from '../src/simulator/emqx/profiles';
import { type Canonical, canonicalRuns } from '../src/simulator/faults/crash-points';
import type { Drive } from '../src/simulator/faults/play';
import type { Scene } from '../src/simulator/faults/scene';
import { NAMESPACE } from '../src/simulator/faults/stage-objects';

/** One works, and one is in reserve. */
const HOLDERS = ['runner-1', 'runner-2'];

const POLICY = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: NAMESPACE, name: 'emqx-upgrade-runner' },
  data: { policy: 'mode: automatic' },
};

/** The canonical upgrades that runners take up: of clusters that are held. What they have taken up cannot be aborted. */
export function runnersRuns(generation: Generation): Canonical[] {
  return canonicalRuns(generation)
    .filter(({ outcome }) => outcome === 'upgrade')
    .map(({ outcome, size }) => ({ outcome, size: { ...size, held: true } }));
}

/** Two runners in the cluster, and somebody who changes the template. A runner that is killed is not started again. */
export const drivenByRunners: Drive = async (scene) => {
  await scene.user.create(POLICY as KubeObject);
  for (const holder of HOLDERS) start(scene, holder);
  await scene.setTemplate('new');
  while (scene.judge.facts.journal?.phase !== 'done') {
    await scene.clock.sleep(1_000);
    if (scene.isOver) break;
  }
  return { kind: 'done', outcome: scene.judge.facts.journal?.aborted ? 'aborted' : 'completed' };
};

function start(scene: Scene, name: string): void {
  const process = scene.process(name);
  const { link, signal } = process;
  const tell = (told: Told) => {
    if (process.isDead) return;
    if (told.kind === 'progress') scene.judge.reported(name, told.event);
    else scene.trace.describe(`${name}: ${told.kind}`);
    // Before the run has begun, whatever fails is tried again a minute later.
    const hasBegun = scene.judge.facts.journal !== undefined;
    if (told.kind === 'stopped' && hasBegun) scene.judge.fail('named errors', `${told.code}: ${told.text}`);
  };
  const runner = new Runner({ ...link, namespace: NAMESPACE, namespaces: [], holder: name }, tell);
  runner.run(signal).catch((error: unknown) => {
    if (!process.isDead) scene.judge.fail('named errors', `${name} ends: ${(error as Error).stack}`);
  });
}
