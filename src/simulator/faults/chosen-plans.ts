import type { Generation } from '../emqx/profiles';
import { CHOSEN_ON_EMQX5 } from './chosen-plans-emqx5';
import { at, type Plan, type PlannedFault } from './plan';
import { DEFAULT_SIZE, type StageSize } from './stage-objects';

/**
 * Combinations of faults, by the result they must have: what seeds have found, in as few faults as show it, and what random seeds
 * hit too rarely. A seed means other faults when the catalogue grows; these stay.
 */
const CHOSEN: Readonly<Record<string, readonly PlannedFault[] | Plan>> = {
  'a pod of the new set that is lost after the switch accepts devices again': [
    at('engine-killed', 'evacuate', 1_000),
    at('green-crash-lost', 'evacuate', 7_400),
  ],
  'an operator that is released with the old template is held before the run stops': [
    at('old-manifest-applied', 'switch', 560),
  ],
  'an old pod that a released operator removed is not waited for': [at('delay-reset', 'evacuate', 2_000)],
  'nor is one that it removed when it was drained already': [
    at('api-conflict', 'evacuate', 9_500),
    at('delay-reset', 'evacuate', 12_900),
  ],
  'in an abort a node that does not answer is not mistaken for one that accepts devices': [
    at('request-abort', 'evacuate', 5_700),
    at('emqx-unavailable', 'revert', 150),
  ],
  'a run that is paused during its abort disconnects no devices': [
    at('request-abort', 'evacuate', 3_500),
    at('request-pause', 'revert', 0),
  ],
  'an operator that is released while a run is paused during its abort is held again': [
    at('request-abort', 'evacuate', 3_500),
    at('request-pause', 'revert', 0),
    at('manifest-applied', 'revert', 3_000),
  ],
  'an old pod that comes back before it is removed, with devices on it, is evacuated again': [
    at('clients-sticking', 'claim', 0),
    at('blue-crash-lost', 'evacuate', 12_000),
    at('engine-killed', 'retire', 0),
    at('blue-crash-lost', 'retire', 1_000),
  ],
  'a process that was suspended while it waited for a place in the second observes again, whatever others have done meanwhile':
    {
      seed: 2,
      size: DEFAULT_SIZE,
      faults: [at('engine-paused', 'evacuate', 150), at('request-abort', 'evacuate', 1_000)],
    },
  'no device is disconnected while a pod of the new set is recreated': [at('green-crash-lost', 'evacuate', 4_000)],
  'a node is not removed because of figures that are some seconds old': {
    seed: 2289,
    size: { ...DEFAULT_SIZE, replicas: 3, plain: 15, persistent: 8, away: 5, cap: 5, initialDelaySeconds: 4 },
    faults: [at('green-crash-kept', 'green', 7_139), at('request-abort', 'evacuate', 58)],
  },
  'a process that was suspended writes nothing because of what a late watch reports': {
    seed: 4,
    size: DEFAULT_SIZE,
    faults: [at('engine-paused', 'evacuate', 9_600), at('watch-late', 'retire', 2_000)],
  },
  'shares that are assigned again begin with a second of their own': {
    seed: 6,
    size: DEFAULT_SIZE,
    faults: [at('request-hasty', 'evacuate', 4_000)],
  },
  'a pod of the new set that is recreated during an abort is evacuated, too': [
    at('request-abort', 'evacuate', 4_100),
    at('green-crash-lost', 'switch-back', 500),
  ],
  'a wave begins with a second of its own': {
    seed: 19,
    size: { ...DEFAULT_SIZE, replicas: 3, plain: 13, persistent: 7, away: 0, cap: 2, initialDelaySeconds: 1 },
    faults: [],
  },
  'a later wave begins with the current state of the cluster': {
    seed: 29,
    size: { ...DEFAULT_SIZE, replicas: 3, plain: 14, persistent: 10, away: 0, cap: 2, initialDelaySeconds: 1 },
    faults: [
      at('green-crash-lost', 'evacuate', 4_251),
      at('green-crash-lost', 'evacuate', 12_044),
      at('watch-late', 'evacuate', 6_048),
    ],
  },
  'an upgrade that the operator began without a new image is taken over': {
    seed: 1,
    size: { ...DEFAULT_SIZE, native: true },
    faults: [],
  },
  'incidents that are recorded meanwhile do not reset the age of a refusal': {
    seed: 585,
    size: { ...DEFAULT_SIZE, plain: 12, persistent: 10, away: 2, readySeconds: 60 },
    faults: [
      at('green-crash-kept', 'switch', 2_742),
      at('policy-services', 'green', 200),
      at('quota-full', 'revert', 318),
      at('request-abort', 'evacuate', 502),
    ],
  },
  'nodes that evict are stopped in an abort, however slowly the new ones answer': {
    seed: 100_511,
    size: { ...DEFAULT_SIZE, plain: 13, persistent: 15, away: 1, cap: 3, initialDelaySeconds: 3 },
    faults: [
      at('request-pause', 'claim', 67),
      at('target-slow', 'evacuate', 2_046),
      at('request-abort', 'evacuate', 6_386),
    ],
  },
  'a process that was suspended in the middle of a write does not overwrite newer state': {
    seed: 100_574,
    size: { ...DEFAULT_SIZE, persistent: 20, away: 3, initialDelaySeconds: 4 },
    faults: [
      at('emqx-hung', 'switch', 487),
      at('engine-paused', 'switch', 2_637),
      at('manifest-applied', 'evacuate', 12_626),
    ],
  },
  'an adaptive rate follows what the new nodes accept': {
    seed: 1,
    size: { ...DEFAULT_SIZE, plain: 600, persistent: 0, away: 0, cap: 80, pacing: 'adaptive', maxConnRate: 8 },
    faults: [],
  },
  'a silent watch is not trusted after a conflict': {
    seed: 187,
    size: { ...DEFAULT_SIZE, plain: 27, persistent: 13, away: 1, cap: 2 },
    faults: [
      at('watch-silent', 'switch', 1_459),
      at('request-abort', 'evacuate', 1_748),
      at('watch-silent', 'retire-green', 1_961),
    ],
  },
  'a new node that answers late does not keep a released operator from being held again': [
    at('target-slow', 'switch', 500),
    at('delay-reset', 'switch', 1_500),
  ],
  'nor does an old one in an abort': [
    at('request-abort', 'evacuate', 4_000),
    at('target-slow', 'switch-back', 100),
    at('delay-reset', 'switch-back', 900),
  ],
  'what a node has moved while nobody could ask it is not lost with it': {
    seed: 2_108,
    size: { ...DEFAULT_SIZE, plain: 18, persistent: 12, away: 5, shutdownMs: 3_000, initialDelaySeconds: 1 },
    faults: [
      at('delay-reset', 'evacuate', 11_796),
      at('request-abort', 'evacuate', 2_574),
      at('api-throttled', 'evacuate', 1_206),
    ],
  },
  'nor is what one has moved that was ordered to since it was last seen': {
    seed: 2_294,
    size: { ...DEFAULT_SIZE, replicas: 3, plain: 15, persistent: 19, away: 5, shutdownMs: 3_000, held: false },
    faults: [at('api-unreachable', 'evacuate', 678), at('manifest-applied', 'evacuate', 1_873)],
  },
  'nor is what devices have taken along from one that was just stopped': {
    seed: 6_813,
    size: {
      ...DEFAULT_SIZE,
      replicas: 3,
      away: 0,
      plain: 19,
      persistent: 13,
      cap: 3,
      initialDelaySeconds: 4,
    },
    faults: [
      at('blue-crash-kept', 'return', 1_156),
      at('policy-services', 'apply', 155),
      at('api-reply-lost', 'apply', 198),
      at('request-abort', 'evacuate', 8_396),
    ],
  },
  'a process that is paused does nothing with an error that it gets meanwhile either': {
    seed: 4_959,
    size: { ...DEFAULT_SIZE, shutdownMs: 3_000, plain: 25, persistent: 13, away: 5, cap: 3, initialDelaySeconds: 3 },
    faults: [
      at('watch-late', 'apply', 368),
      at('target-slow', 'evacuate', 7_020),
      at('engine-paused', 'switch-back', 1_832),
      at('request-abort', 'evacuate', 5_383),
    ],
  },
  'devices that wait for an answer of a node that crashes try again at once': {
    seed: 5_044,
    size: { ...DEFAULT_SIZE, replicas: 3, shutdownMs: 3_000, plain: 17, persistent: 10, away: 6, sticking: 4, cap: 3 },
    faults: [
      at('target-slow', 'return', 912),
      at('blue-crash-lost', 'return', 3_470),
      at('request-abort', 'evacuate', 3_877),
    ],
  },
  'nothing is started beside a node that does not answer, and may evict at the rate of before': {
    seed: 16,
    size: { ...DEFAULT_SIZE, replicas: 3, plain: 250, persistent: 10, away: 3, cap: 9 },
    faults: [at('emqx-hung', 'evacuate', 2_000), at('request-rate', 'evacuate', 3_500)],
  },
  'nor beside one that has not answered for a while': {
    seed: 5,
    size: { ...DEFAULT_SIZE, replicas: 3, plain: 250, persistent: 10, away: 3, cap: 9 },
    faults: [at('emqx-hung', 'evacuate', 2_000), at('request-rate', 'evacuate', 9_000)],
  },
  'of two processes that begin at the same moment one is rejected': [at('two-engines-begin', 'claim', 1)],
  ...CHOSEN_ON_EMQX5,
};

export const CHOSEN_NAMES = Object.keys(CHOSEN);

/**
 * The plans of that name: unless the plan sets the size, in clusters of two and of three nodes; of EMQX 5 of cores, and of cores with
 * replicants.
 */
export function chosenPlans(name: string, generation: Generation = 4): Plan[] {
  const faults = CHOSEN[name] ?? [];
  const shapes: Partial<StageSize>[] =
    generation === 4 ? [{}] : [{ generation }, { generation, replicas: 2, replicants: 2 }];
  if ('seed' in faults && faults.size.generation === 5) return generation === 5 ? [faults] : [];
  if ('seed' in faults) return shapes.map((shape) => ({ ...faults, size: { ...faults.size, ...shape } }));
  const sticking = faults.some(({ fault }) => fault === 'clients-sticking') ? 4 : 0;
  return [2, 3].flatMap((replicas) =>
    shapes.map((shape) => ({ seed: replicas - 1, size: { ...DEFAULT_SIZE, replicas, sticking, ...shape }, faults })),
  );
}
