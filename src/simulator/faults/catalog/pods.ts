import type { Random } from '../../random';
import type { Fault } from '../fault';
import type { Scene } from '../scene';

/** What befalls the nodes, and those who are on them. */
export const POD_FAULTS = {
  'blue-crash-kept': {
    does: 'a node of the old set crashes, and starts again in place',
    act: (scene, random) => crash(scene, random, 'blue', 'kept'),
  },
  'blue-crash-lost': {
    does: 'a pod of the old set is lost with its volume, and made again',
    act: (scene, random) => crash(scene, random, 'blue', 'lost'),
  },
  'green-crash-kept': {
    does: 'a node of the new set crashes, and starts again in place',
    phases: ['green', 'switch', 'evacuate', 'retire', 'revert', 'back', 'return', 'clear'],
    act: (scene, random) => crash(scene, random, 'green', 'kept'),
  },
  'green-crash-lost': {
    does: 'a pod of the new set is lost with its volume, and made again',
    phases: ['green', 'switch', 'evacuate', 'retire', 'revert', 'back', 'return', 'clear'],
    act: (scene, random) => crash(scene, random, 'green', 'lost'),
  },
  'clients-gone': {
    does: 'some clients with a session never come back once they are cut off',
    size: { gone: 4 },
  },
  'clients-sticking': {
    does: 'some clients come back to the old nodes past the Service',
    size: { sticking: 4 },
  },
} satisfies Record<string, Fault>;

function crash(scene: Scene, random: Random, colour: 'blue' | 'green', data: 'kept' | 'lost'): void {
  const { facts } = scene.judge;
  const blue = facts.journal?.from.set;
  const running = scene.world.pods.running.map(({ pod }) => pod.metadata.name);
  const pods = running.filter((pod) => (pod.slice(0, pod.lastIndexOf('-')) === blue) === (colour === 'blue'));
  const pod = random.pick(pods);
  if (pod) scene.crash(pod, data);
}
