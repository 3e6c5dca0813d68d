import { KubeApiError } from '../../../kubernetes';
import { SILENT_MS } from '../../../kubernetes/watch';
import type { EngineCall, Meet, Moment } from '../engine-call';
import { type Fault, whole } from '../fault';
import type { Scene } from '../scene';

/** What happens between the engine and the API server. */
export const API_FAULTS = {
  'api-5xx': {
    does: 'half of the requests to the API server fail with 500 for 3 to 20 s',
    act: (scene, random) =>
      during(scene, whole(random, 3_000, 20_000), () => {
        if (random.below(2) === 0) throw new KubeApiError(500, 'InternalError', 'etcdserver: request timed out');
      }),
  },
  'api-conflict': {
    does: 'the next one to three writes are refused with 409',
    act: (scene, random) =>
      next(scene, whole(random, 1, 3), 'before', () => new KubeApiError(409, 'Conflict', 'the object was modified')),
  },
  'api-throttled': {
    does: 'the API server answers with 429 for 2 to 10 s',
    act: (scene, random) =>
      during(scene, whole(random, 2_000, 10_000), () => {
        throw new KubeApiError(429, 'TooManyRequests', 'too many requests, please try again later');
      }),
  },
  'api-unreachable': {
    does: 'the API server is unreachable for 2 to 50 s, and watches end',
    act: (scene, random) => {
      const gone = new KubeApiError(0, 'Unreachable', 'connect ECONNREFUSED');
      for (const process of scene.processes) process.endWatches(gone);
      return during(scene, whole(random, 2_000, 50_000), () => {
        throw gone;
      });
    },
  },
  'api-reply-lost': {
    does: 'the next one to three writes take effect, but their responses are lost',
    act: (scene, random) =>
      next(scene, whole(random, 1, 3), 'after', () => new KubeApiError(0, 'Unreachable', 'socket hang up')),
  },
  'requests-overlap': {
    does: 'each request of a process takes up to 1.4 s longer, for 10 to 40 s: concurrent requests are processed and answered in any order',
    act: async (scene, random) => {
      const mostMs = whole(random, 100, 700);
      const meet: Meet = () => scene.clock.sleep(random.below(mostMs));
      const ms = whole(random, 10_000, 40_000);
      scene.meets.add(meet);
      scene.disturb(ms + 6_000);
      await scene.clock.sleep(ms);
      scene.meets.delete(meet);
    },
  },
  'watch-gone': {
    does: 'the API server has compacted its history: every watch ends with 410',
    act: (scene) => {
      scene.world.kubernetes.store.compact();
      for (const process of scene.processes) process.endWatches(new KubeApiError(410, 'Expired', 'too old'));
    },
  },
  'watch-dropped': {
    does: 'every watch is disconnected',
    act: (scene) => {
      for (const process of scene.processes) process.endWatches(new KubeApiError(0, 'Unreachable', 'ECONNRESET'));
    },
  },
  'watch-silent': {
    does: 'every open watch stops reporting: its connection is silently dropped, or the server sends only bookmarks, for 2 to 5 min',
    act: (scene, random) => {
      const ms = random.below(2) === 0 ? SILENT_MS : whole(random, 120_000, 300_000);
      for (const process of scene.processes) process.silenceWatches(ms);
      scene.disturb(ms + 6_000);
    },
  },
  'watch-late': {
    does: 'watches report events 1 to 8 s late, for 10 to 30 s',
    act: async (scene, random) => {
      const ms = whole(random, 10_000, 30_000);
      scene.watchLagMs = whole(random, 1_000, 8_000);
      scene.disturb(ms + scene.watchLagMs);
      await scene.clock.sleep(ms);
      scene.watchLagMs = 0;
    },
  },
} satisfies Record<string, Fault>;

/** Calls `meet` before each request to the API server, for this many ms. */
async function during(scene: Scene, ms: number, meet: () => void): Promise<void> {
  const each = ({ to }: EngineCall, moment: Moment) => {
    if (to === 'kubernetes' && moment === 'before') meet();
  };
  scene.meets.add(each);
  // A watch that was disconnected is reopened only some time later.
  scene.disturb(ms + 35_000);
  await scene.clock.sleep(ms);
  scene.meets.delete(each);
  scene.disturb(2_000);
}

function next(scene: Scene, count: number, when: Moment, error: () => KubeApiError): void {
  let left = count;
  const meet = ({ to, writes }: EngineCall, moment: Moment) => {
    if (to !== 'kubernetes' || !writes || moment !== when) return;
    if (--left === 0) scene.meets.delete(meet);
    scene.disturb(3_000);
    throw error();
  };
  scene.meets.add(meet);
}
