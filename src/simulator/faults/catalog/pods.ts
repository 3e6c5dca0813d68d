import { setsOf } from '../../../upgrade/stages';
import type { EmqxNode } from '../../emqx/node';
import type { Random } from '../../random';
import { setOfPod } from '../facts';
import { type Fault, whole } from '../fault';
import type { Scene } from '../scene';

/** What happens to the nodes, and to their clients. */
export const POD_FAULTS = {
  'blue-crash-kept': {
    does: 'a node of the old set crashes and restarts in place',
    act: (scene, random) => crash(scene, random, 'blue', 'kept'),
  },
  'blue-crash-lost': {
    does: 'a pod of the old set is lost with its volume, and recreated',
    act: (scene, random) => crash(scene, random, 'blue', 'lost'),
  },
  'green-crash-kept': {
    does: 'a node of the new set crashes and restarts in place',
    phases: ['green', 'switch', 'evacuate', 'retire', 'revert', 'switch-back', 'return', 'retire-green'],
    act: (scene, random) => crash(scene, random, 'green', 'kept'),
  },
  'green-crash-lost': {
    does: 'a pod of the new set is lost with its volume, and recreated',
    phases: ['green', 'switch', 'evacuate', 'retire', 'revert', 'switch-back', 'return', 'retire-green'],
    act: (scene, random) => crash(scene, random, 'green', 'lost'),
  },
  'target-frozen': {
    does: 'a node that accepts devices is frozen for 3 to 30 s: its pod stays Ready, but it responds to nothing',
    phases: ['switch', 'evacuate', 'switch-back', 'return'],
    act: (scene, random) => {
      const ms = whole(random, 3_000, 30_000);
      return silencing(scene, random, ms, (node) => node.responsiveness.freeze(ms));
    },
  },
  'target-slow': {
    does: 'a node that accepts devices responds to each device and each request 5 s late, for 5 to 30 s',
    phases: ['switch', 'evacuate', 'switch-back', 'return'],
    act: (scene, random) => {
      const ms = whole(random, 5_000, 30_000);
      return silencing(scene, random, ms, (node) => node.responsiveness.slow(5_000, ms));
    },
  },
  'clients-gone': {
    does: 'some clients with a session never reconnect once they are disconnected',
    size: { gone: 4 },
  },
  'clients-slow': {
    does: 'sixty more clients reconnect only 9 s after they were disconnected',
    size: { slow: 60 },
  },
  'clients-sticking': {
    does: 'some clients reconnect to the old nodes, bypassing the Service',
    size: { sticking: 4 },
  },
} satisfies Record<string, Fault>;

/** Silences a node of the set that accepts devices now: one that evacuates is not modelled in that state. */
async function silencing(scene: Scene, random: Random, ms: number, silence: (node: EmqxNode) => void): Promise<void> {
  const { facts, causes, health } = scene.judge;
  const { journal } = facts;
  const targets = journal ? setsOf(journal, journal.aborted ? 'from' : 'to') : [];
  const takes = scene.world.pods.running.filter(
    ({ pod, node }) => targets.includes(setOfPod(pod.metadata.name)) && node.isListening && !node.isEvacuating,
  );
  const tenant = random.pick(takes);
  if (!tenant) return;
  const { name } = tenant.pod.metadata;
  scene.trace.describe(`${name} does not answer for ${ms} ms`);
  causes.silent.set(name, { since: health.tick(), process: tenant.node.responsiveness });
  silence(tenant.node);
  await scene.clock.sleep(ms);
  causes.silent.delete(name);
  // It answers what was sent to it meanwhile now, or a moment later.
  scene.disturb(6_000);
}

function crash(scene: Scene, random: Random, colour: 'blue' | 'green', data: 'kept' | 'lost'): void {
  const { facts } = scene.judge;
  const blue = facts.journal ? setsOf(facts.journal, 'from') : [];
  const running = scene.world.pods.running.map(({ pod }) => pod.metadata.name);
  const pods = running.filter((pod) => blue.includes(setOfPod(pod)) === (colour === 'blue'));
  const pod = random.pick(pods);
  if (pod) scene.crash(pod, data);
}
