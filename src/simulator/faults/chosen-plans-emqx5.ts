import { at, type Plan } from './plan';
import { DEFAULT_SIZE } from './stage-objects';

/** Those of the chosen plans that are of EMQX 5 alone. */
export const CHOSEN_ON_EMQX5: Readonly<Record<string, Plan>> = {
  'the moment in which the operator of EMQX 5 goes back is not missed because of a silent watch': {
    seed: 15,
    size: { ...DEFAULT_SIZE, generation: 5, replicants: 2, cap: 5 },
    faults: [at('watch-silent', 'evacuate', 2_695), at('request-abort', 'evacuate', 3_073)],
  },
  'a third set is noticed, whichever role it is of': {
    seed: 252,
    size: { ...DEFAULT_SIZE, generation: 5, replicants: 2 },
    faults: [at('old-manifest-applied', 'evacuate', 239), at('request-abort', 'evacuate', 5_405)],
  },
  'after a third image the devices of both old sets of cores are moved to the set that the operator wants': {
    seed: 1,
    size: { ...DEFAULT_SIZE, generation: 5, replicas: 3 },
    faults: [at('template-edited', 'evacuate', 4_000)],
  },
  'so are those of both old sets of replicants, and the cores go after them': {
    seed: 2,
    size: { ...DEFAULT_SIZE, generation: 5, replicas: 2, replicants: 3 },
    faults: [at('template-edited', 'evacuate', 4_000)],
  },
  'so are those where devices connect through the Service of the operator, which keeps routing to the set that was green':
    {
      seed: 3,
      size: { ...DEFAULT_SIZE, generation: 5, replicas: 3, exposure: 'operator' },
      faults: [at('template-edited', 'evacuate', 4_000)],
    },
  'a template that was set back in the middle of an upgrade is a third one to the operator of EMQX 5': {
    seed: 4,
    size: { ...DEFAULT_SIZE, generation: 5, replicas: 2, replicants: 2 },
    faults: [at('old-manifest-applied', 'evacuate', 4_000)],
  },
  'replicants that are still to be built from a third image are no old ones, and those before them are': {
    seed: 38,
    size: { ...DEFAULT_SIZE, generation: 5, replicas: 2, replicants: 3 },
    faults: [at('template-edited', 'retire', 772)],
  },
  'a fourth image while the devices are moved to the set of the third': {
    seed: 5,
    size: { ...DEFAULT_SIZE, generation: 5, replicas: 3, cap: 2 },
    faults: [at('template-edited', 'evacuate', 3_000), at('old-manifest-applied', 'evacuate', 27_000)],
  },
  'a quota that allows no cores is the reason, although replicants are waited for': {
    seed: 278,
    size: { ...DEFAULT_SIZE, generation: 5, replicants: 3, readySeconds: 60 },
    faults: [at('quota-full', 'pin', 93)],
  },
  'a Service routes to the new nodes although the core goes that the operator of EMQX 5 is asking': {
    seed: 9,
    size: { ...DEFAULT_SIZE, generation: 5, replicas: 3, operatorLatencyMs: 100, shutdownMs: 300 },
    faults: [],
  },
  'it does so where the devices are on replicants': {
    seed: 3,
    size: { ...DEFAULT_SIZE, generation: 5, replicants: 2, operatorLatencyMs: 100, shutdownMs: 1_000 },
    faults: [],
  },
  'the gates that the operator of EMQX 5 closes meanwhile are opened again, where devices connect through its own Service':
    {
      seed: 1,
      size: { ...DEFAULT_SIZE, generation: 5, exposure: 'operator', operatorLatencyMs: 100, shutdownMs: 300 },
      faults: [],
    },
  'devices on cores beside replicants are moved, too, and none is taken for offline': {
    seed: 2,
    size: { ...DEFAULT_SIZE, generation: 5, exposure: 'both-roles', replicants: 2, plain: 60, cap: 4 },
    faults: [],
  },
  'what the traffic needs to reach the old nodes is waited for once more when the operator has opened the gates of the new ones':
    {
      seed: 88,
      size: {
        ...DEFAULT_SIZE,
        generation: 5,
        exposure: 'operator',
        operatorLatencyMs: 100,
        shutdownMs: 1_000,
        plain: 25,
        persistent: 15,
        away: 1,
        slow: 60,
        cap: 3,
        initialDelaySeconds: 2,
      },
      faults: [at('template-edited', 'evacuate', 11_642), at('request-abort', 'evacuate', 2_714)],
    },
  'routes to the new nodes that the operator has changed in the evacuation are waited for before more is evicted': {
    seed: 454,
    size: {
      ...DEFAULT_SIZE,
      generation: 5,
      exposure: 'operator',
      operatorLatencyMs: 100,
      shutdownMs: 1_000,
      plain: 17,
      persistent: 9,
      away: 2,
      cap: 5,
    },
    faults: [at('blue-crash-kept', 'switch', 1_811)],
  },
  'while a new node answers late nobody waits for what it knows of the durable storage': {
    seed: 696,
    size: {
      ...DEFAULT_SIZE,
      generation: 5,
      operatorLatencyMs: 30,
      shutdownMs: 300,
      plain: 23,
      persistent: 19,
      away: 3,
      cap: 3,
      initialDelaySeconds: 5,
    },
    faults: [at('target-slow', 'evacuate', 6_846)],
  },
  'in an abort the new nodes keep the devices that connect until the old ones are ready': {
    seed: 17,
    size: { ...DEFAULT_SIZE, generation: 5 },
    faults: [at('request-abort', 'evacuate', 6_028)],
  },
  'the old template never reaches an operator of EMQX 5 that is about to see green ready, however late requests arrive':
    {
      seed: 785,
      size: {
        ...DEFAULT_SIZE,
        generation: 5,
        plain: 21,
        persistent: 18,
        away: 5,
        slow: 60,
        cap: 5,
        initialDelaySeconds: 5,
      },
      faults: [
        at('requests-overlap', 'switch', 1_707),
        at('clients-slow', 'release', 97),
        at('green-crash-lost', 'retire-green', 3_675),
        at('request-rate', 'green', 342),
        at('request-abort', 'evacuate', 2_701),
      ],
    },
  'a conflict does not prolong the wait after a lost answer': {
    seed: 411,
    size: { ...DEFAULT_SIZE, generation: 5, cap: 2, persistent: 14, initialDelaySeconds: 3 },
    faults: [
      at('api-reply-lost', 'green', 5_449),
      at('manifest-applied', 'evacuate', 4),
      at('request-abort', 'evacuate', 7_245),
    ],
  },
  'a request to the run does not make what is refused new': {
    seed: 789,
    size: { ...DEFAULT_SIZE, generation: 5, plain: 16, persistent: 13, cap: 2, initialDelaySeconds: 5, held: true },
    faults: [
      at('watch-silent', 'green', 823),
      at('request-pause', 'evacuate', 8_181),
      at('policy-services', 'revert', 289),
      at('emqx-unavailable', 'evacuate', 9_165),
      at('request-abort', 'evacuate', 10_985),
    ],
  },
  'a run that takes the place of an abort leaves no Service tied to the nodes that the operator takes out of it': {
    seed: 867,
    size: { ...DEFAULT_SIZE, generation: 5, replicants: 3, cap: 2, initialDelaySeconds: 4, shutdownMs: 1_000 },
    faults: [
      at('request-abort', 'evacuate', 167),
      at('emqx-unavailable', 'retire-green', 1_245),
      at('manifest-applied', 'evacuate', 10_127),
    ],
  },
  'an abort is accepted on what the cluster is now, and not on what a late watch says of the old nodes': {
    seed: 104,
    size: { ...DEFAULT_SIZE, generation: 5, operatorLatencyMs: 100, plain: 19, persistent: 19, away: 0, held: true },
    faults: [
      at('engine-paused', 'switch-back', 858),
      at('watch-late', 'switch', 877),
      at('request-abort', 'evacuate', 10_969),
    ],
  },
  'where the resource changes in the middle of an abort its Services keep the old nodes until somebody rescues the cluster':
    {
      seed: 766,
      size: { ...DEFAULT_SIZE, generation: 5, plain: 16, persistent: 18, cap: 5, initialDelaySeconds: 3 },
      faults: [at('template-edited', 'evacuate', 2_256), at('request-abort', 'evacuate', 1_151)],
    },
  'an abort before the switch moves the devices that the new nodes have got since their gates were opened': {
    seed: 1,
    size: { ...DEFAULT_SIZE, generation: 5 },
    faults: [at('engine-killed', 'green', 100), at('request-abort', 'green', 500), at('blue-crash-kept', 'revert', 19)],
  },
  'it does so where they are replicants': {
    seed: 2,
    size: { ...DEFAULT_SIZE, generation: 5, replicants: 2 },
    faults: [at('engine-killed', 'green', 100), at('request-abort', 'green', 500), at('blue-crash-kept', 'revert', 19)],
  },
  'an abort that is overtaken by the new template, before the operator has gone back, becomes an upgrade again': {
    seed: 439,
    size: {
      ...DEFAULT_SIZE,
      generation: 5,
      replicas: 3,
      operatorLatencyMs: 100,
      shutdownMs: 300,
      exposure: 'operator',
      plain: 20,
      persistent: 20,
      initialDelaySeconds: 5,
    },
    faults: [at('manifest-applied', 'evacuate', 6_756), at('request-abort', 'evacuate', 127)],
  },
  'a Service keeps the old nodes where one of them crashes at the end of an abort, while the operator of EMQX 5 is asking it':
    {
      seed: 1280,
      size: { ...DEFAULT_SIZE, generation: 5 },
      faults: [at('blue-crash-lost', 'release', 120), at('request-abort', 'evacuate', 1_489)],
    },
  'a Service keeps the new replicants, whose gates the operator closes for a third image once the old ones are gone, though nobody drives the run':
    {
      seed: 1,
      size: { ...DEFAULT_SIZE, generation: 5, replicants: 2 },
      faults: [at('engine-killed', 'retire', 3_250), at('template-edited', 'retire', 3_356)],
    },
  'nor can it be changed': {
    seed: 1_491,
    size: { ...DEFAULT_SIZE, generation: 5, replicants: 2 },
    faults: [at('policy-services', 'switch', 459), at('template-edited', 'retire', 3_030)],
  },
  'a policy that lets no Service keep the old nodes is named, where the new template comes back in an abort': {
    seed: 1_808,
    size: { ...DEFAULT_SIZE, generation: 5 },
    faults: [
      at('manifest-applied', 'evacuate', 4_524),
      at('policy-services', 'revert', 457),
      at('request-abort', 'evacuate', 2_901),
    ],
  },
  'a new node that hangs is noticed although old ones do not answer because of it': {
    seed: 2_008,
    size: { ...DEFAULT_SIZE, generation: 5, replicas: 3, plain: 14, cap: 2 },
    faults: [at('target-frozen', 'evacuate', 4_001)],
  },
  'others are stopped although the order to start one is not answered, because a new node hangs': {
    seed: 1,
    size: { ...DEFAULT_SIZE, generation: 5, replicas: 3 },
    faults: [at('target-frozen', 'evacuate', 300)],
  },
  'so they are in an abort': {
    seed: 3_497,
    size: { ...DEFAULT_SIZE, generation: 5, replicas: 3 },
    faults: [at('target-frozen', 'return', 355), at('request-abort', 'evacuate', 8_998)],
  },
  'an operator that is released before the first device is disconnected is held again, although no node answers': {
    seed: 4_599,
    size: { ...DEFAULT_SIZE, generation: 5, initialDelaySeconds: 1 },
    faults: [at('target-frozen', 'switch', 670), at('delay-reset', 'switch', 2_306)],
  },
  'while devices on cores are moved to replicants those are probed': {
    seed: 1,
    size: { ...DEFAULT_SIZE, generation: 5, exposure: 'both-roles', replicants: 2, plain: 50, cap: 2 },
    faults: [at('target-frozen', 'evacuate', 24_000)],
  },
  'a Service without a role in its selector stays that of the run, although a cluster of EMQX 4.4 of the same name appears':
    {
      seed: 25,
      size: { ...DEFAULT_SIZE, generation: 5, exposure: 'both-roles', replicants: 3, operatorLatencyMs: 100 },
      faults: [at('foreign-set', 'green', 3_803)],
    },
  'what an earlier run could not stop is stopped as soon as the nodes answer: the operator may want them again': {
    seed: 3_623,
    size: { ...DEFAULT_SIZE, generation: 5, replicants: 2 },
    faults: [at('old-manifest-applied', 'evacuate', 3_525), at('emqx-unavailable', 'evacuate', 3_330)],
  },
  'what a run ends with is counted at its end, although no answer came to the write that began its last phase': {
    seed: 1,
    size: { ...DEFAULT_SIZE, generation: 5, cap: 2, shutdownMs: 1_000 },
    faults: [at('api-reply-lost', 'retire', 2_000)],
  },
  'a process that was paused does not report the nodes as lost that another one has replaced meanwhile': {
    seed: 5_168,
    size: {
      ...DEFAULT_SIZE,
      generation: 5,
      exposure: 'both-roles',
      replicants: 2,
      operatorLatencyMs: 30,
      shutdownMs: 300,
      plain: 12,
      persistent: 15,
      cap: 5,
      initialDelaySeconds: 3,
    },
    faults: [at('engine-paused', 'green', 3_956), at('template-edited', 'evacuate', 9_300)],
  },
  'a Service keeps the old nodes in an abort that nobody drives, though somebody applies another template': {
    seed: 4_648,
    size: { ...DEFAULT_SIZE, generation: 5 },
    faults: [
      at('template-edited', 'evacuate', 11_000),
      at('engine-killed', 'return', 1_079),
      at('request-abort', 'evacuate', 3_431),
    ],
  },
  'it does so as soon as it leads there': {
    seed: 5_764,
    size: { ...DEFAULT_SIZE, generation: 5, replicants: 2 },
    faults: [
      at('engine-killed-before-write', 'revert', 315),
      at('engine-killed-before-write', 'switch-back', 225),
      at('manifest-applied', 'evacuate', 6_639),
      at('request-abort', 'evacuate', 2_683),
    ],
  },
  'the core that an abort has asked for goes where somebody applies the new template again, which asks for one fewer': {
    seed: 6_990,
    size: { ...DEFAULT_SIZE, generation: 5, replicas: 3, exposure: 'operator', operatorLatencyMs: 30 },
    faults: [
      at('request-abort', 'evacuate', 3_460),
      at('target-frozen', 'switch-back', 151),
      at('manifest-applied', 'evacuate', 8_647),
    ],
  },
  'a Service keeps the old nodes while nobody drives an abort in which the resource is changed': {
    seed: 5_764,
    size: { ...DEFAULT_SIZE, generation: 5, replicants: 2 },
    faults: [
      at('engine-killed', 'switch-back', 1_300),
      at('manifest-applied', 'evacuate', 6_639),
      at('request-abort', 'evacuate', 2_683),
    ],
  },
  'it does so while a policy forbids to change it': {
    seed: 7_260,
    size: { ...DEFAULT_SIZE, generation: 5, replicas: 3 },
    faults: [
      at('policy-services', 'evacuate', 6_702),
      at('manifest-applied', 'evacuate', 12_815),
      at('request-abort', 'evacuate', 4_835),
    ],
  },
  'an abort that was accepted goes on, although somebody asks for one more: only that is rejected': {
    seed: 4_480,
    size: { ...DEFAULT_SIZE, generation: 5 },
    faults: [at('old-manifest-applied', 'green', 1_886), at('request-hasty', 'release', 100)],
  },
  'a process that was paused between what it reads of a set and its removal looks again first': {
    seed: 2_189,
    size: {
      ...DEFAULT_SIZE,
      generation: 5,
      exposure: 'operator',
      replicants: 2,
      shutdownMs: 300,
      plain: 13,
      persistent: 13,
      away: 5,
      cap: 2,
      initialDelaySeconds: 5,
    },
    faults: [at('engine-paused', 'return', 3_132), at('request-abort', 'evacuate', 2_278)],
  },
  'operator 2.3 calls a cluster available when it has new cores, and is yet to build new replicants': {
    seed: 38,
    size: { ...DEFAULT_SIZE, generation: 5, operator: '2.3', replicants: 3, operatorLatencyMs: 100 },
    faults: [],
  },
  'it does so behind a silent watch, too': {
    seed: 97,
    size: { ...DEFAULT_SIZE, generation: 5, operator: '2.3', replicants: 3, operatorLatencyMs: 100, shutdownMs: 1_000 },
    faults: [at('watch-silent', 'green', 3_232)],
  },
  'nodes that run nowhere, which an abort under operator 2.3 asks for, are no lost ones': {
    seed: 32,
    size: { ...DEFAULT_SIZE, generation: 5, operator: '2.3', replicants: 2 },
    faults: [at('request-abort', 'evacuate', 3_460)],
  },
  'nor are they a third set, where another process resumes that abort': {
    seed: 13,
    size: { ...DEFAULT_SIZE, generation: 5, operator: '2.3', replicas: 3 },
    faults: [at('request-abort', 'evacuate', 7_427), at('engine-killed', 'revert', 640)],
  },
};
