import { type EmqxResponse, TransportError } from '../../../emqx/transport';
import type { Random } from '../../random';
import type { EngineCall, Meet } from '../engine-call';
import { type Fault, whole } from '../fault';
import type { Answer, Scene } from '../scene';

/** What happens between the engine and the management API of the nodes. */
export const EMQX_FAULTS = {
  'emqx-slow': {
    does: 'the nodes respond 0.5 to 4 s late, for 5 to 20 s',
    act: (scene, random) => {
      const lateMs = whole(random, 500, 4_000);
      return meeting(scene, whole(random, 5_000, 20_000), async ({ to }, moment) => {
        if (to === 'emqx' && moment === 'after') await scene.clock.sleep(lateMs);
      });
    },
  },
  'emqx-hung': {
    does: 'one node accepts connections but never responds, for 5 to 20 s',
    act: (scene, random) => {
      const pod = somePod(scene, random);
      return meeting(scene, whole(random, 5_000, 20_000), async ({ to, target }, moment) => {
        if (to !== 'emqx' || target !== pod || moment !== 'before') return;
        await scene.clock.sleep(5_000);
        throw new TransportError('timeout', `no answer of ${pod} within 5000 ms`);
      });
    },
  },
  'emqx-unavailable': {
    does: 'the nodes respond with 503 for 5 to 20 s',
    act: (scene, random) => answering(scene, whole(random, 5_000, 20_000), () => response(503, 'Service Unavailable')),
  },
  'emqx-reset': {
    does: 'the next one to three requests to nodes take effect, but the connection is reset',
    act: (scene, random) => {
      let left = whole(random, 1, 3);
      const ordersOnly = random.below(2) === 0;
      const meet: Meet = ({ to, target, writes }, moment) => {
        if (to !== 'emqx' || moment !== 'after' || (ordersOnly && !writes)) return;
        if (--left === 0) scene.meets.delete(meet);
        scene.disturb(3_000);
        throw new TransportError('reset', `connection reset by ${target}`);
      };
      scene.meets.add(meet);
    },
  },
  'emqx-busy': {
    does: 'one node refuses to start an evacuation, for 3 to 15 s: its eviction agent is busy',
    phases: ['switch', 'evacuate', 'switch-back', 'return'],
    act: (scene, random) => {
      const pod = somePod(scene, random);
      return answering(scene, whole(random, 3_000, 15_000), ({ verb, target }) =>
        verb === 'start' && target === pod ? busy(scene, target) : undefined,
      );
    },
  },
} satisfies Record<string, Fault>;

async function meeting(scene: Scene, ms: number, meet: Meet): Promise<void> {
  scene.meets.add(meet);
  scene.disturb(ms + 6_000);
  await scene.clock.sleep(ms);
  scene.meets.delete(meet);
}

async function answering(scene: Scene, ms: number, answer: (call: EngineCall) => EmqxResponse | undefined) {
  const each: Answer = (call) => answer(call);
  scene.answers.add(each);
  scene.disturb(ms + 2_000);
  await scene.clock.sleep(ms);
  scene.answers.delete(each);
}

function busy({ stage: { size } }: Scene, pod: string): EmqxResponse {
  const reason = 'eviction_agent_busy';
  if (size.generation === 4) return response(200, JSON.stringify({ code: 400, message: reason }));
  return response(400, JSON.stringify({ code: 'BAD_REQUEST', message: `error on node 'emqx@${pod}': ${reason}` }));
}

function response(status: number, body: string): EmqxResponse {
  return { status, headers: {}, body };
}

function somePod({ world }: Scene, random: Random): string {
  return random.pick(world.pods.running)?.pod.metadata.name ?? '';
}
