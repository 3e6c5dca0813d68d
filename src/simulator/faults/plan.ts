import type { Problem } from '../../resource';
import { nearest } from '../../resource/nearest';
import type { Phase } from '../../upgrade';
import type { Generation } from '../emqx/profiles';
import { Random } from '../random';
import { API_FAULTS } from './catalog/api';
import { EMQX_FAULTS } from './catalog/emqx';
import { ENGINE_FAULTS } from './catalog/engine';
import { PEOPLE_FAULTS } from './catalog/people';
import { POD_FAULTS } from './catalog/pods';
import { POLICY_FAULTS } from './catalog/policies';
import { type Fault, whole } from './fault';
import { DEFAULT_SIZE, type StageSize } from './stage-objects';

const CATALOG = { ...ENGINE_FAULTS, ...API_FAULTS, ...EMQX_FAULTS, ...POD_FAULTS, ...PEOPLE_FAULTS, ...POLICY_FAULTS };

export type FaultName = keyof typeof CATALOG;
export const FAULTS: Readonly<Record<FaultName, Fault>> = CATALOG;
export const FAULT_NAMES = Object.keys(CATALOG) as FaultName[];

/** Stands for all of them where names are given. */
const ANY = 'any';

/** The faults with these names; reports a name that does not exist. */
export function faultsNamed(names: readonly string[], problem: (problem: Problem) => void): readonly FaultName[] {
  if (names.includes(ANY)) return FAULT_NAMES;
  return names.flatMap((name) => {
    const found = FAULT_NAMES.find((each) => each === name);
    if (found) return [found];
    const similar = nearest(name, FAULT_NAMES);
    problem({
      path: '--fault',
      value: name,
      bound: `'${ANY}', or the name of a fault`,
      reason: `the faults are ${FAULT_NAMES.join(', ')}`,
      fix: similar ? `did you mean '${similar}'?` : 'give one of them',
    });
    return [];
  });
}

/** A fault that begins this long after the run has reached a phase. */
export interface PlannedFault {
  fault: FaultName;
  phase: Phase;
  afterMs: number;
}

/** One that is planned by hand. */
export function at(fault: FaultName, phase: Phase, afterMs: number): PlannedFault {
  return { fault, phase, afterMs };
}

/** Everything that follows from one seed. */
export interface Plan {
  seed: number;
  size: StageSize;
  faults: readonly PlannedFault[];
}

/** About how long the phases last, in ms: faults begin anywhere within. */
const LENGTHS: Partial<Record<Phase, number>> = {
  claim: 100,
  pin: 600,
  apply: 400,
  green: 10_000,
  switch: 3_000,
  evacuate: 13_000,
  retire: 4_000,
  revert: 500,
  'switch-back': 2_500,
  return: 8_000,
  'retire-green': 4_000,
  release: 1_500,
};

/** Longer than a process takes from its first observation until it holds the lease. */
const FROM_START_MS = 80;

/** Where most can go wrong, more faults begin. */
const LIKELY: readonly Phase[] = [
  ...(Object.keys(LENGTHS) as Phase[]),
  'green',
  'switch',
  'evacuate',
  'evacuate',
  'evacuate',
  'evacuate',
  'retire',
];
const ON_THE_WAY_BACK: readonly Phase[] = ['revert', 'switch-back', 'return', 'retire-green'];

/**
 * The plan of a seed: of both generations with the same faults.
 *
 * @param only these faults, instead of all
 */
export function planOf(seed: number, only: readonly FaultName[] = FAULT_NAMES, generation: Generation = 4): Plan {
  const random = new Random(seed).fork('plan');
  const count = only.length === 1 ? 1 + random.below(2) : whole(random, 1, 4);
  const faults: PlannedFault[] = [];
  for (let index = 0; index < count; index++) faults.push(placed(random, random.pick(only)!));
  const aborts = faults.some(({ fault }) => fault === 'request-abort');
  // Faults of an abort need an abort.
  if (!aborts && faults.some(({ phase }) => ON_THE_WAY_BACK.includes(phase))) {
    faults.push({ fault: 'request-abort', phase: 'evacuate', afterMs: random.below(11_000) });
  }
  const replicas = whole(random, 2, 3);
  const size: StageSize = {
    ...DEFAULT_SIZE,
    replicas,
    plain: whole(random, 12, 30),
    persistent: whole(random, 8, 20),
    away: whole(random, 0, 6),
    cap: whole(random, 2, 5),
    initialDelaySeconds: whole(random, 1, 5),
    held: random.below(4) === 0,
    ...(generation === 5 && emqx5(seed)),
  };
  // What outlasts its cause is seen only in an evacuation that takes longer than the faults.
  if (new Random(seed).fork('crowd').below(20) === 0) size.plain *= 12;
  return { seed, size: Object.assign(size, ...faults.map(({ fault }) => FAULTS[fault].size ?? {})), faults };
}

/** Of EMQX 5 half of the clusters have replicants. In a quarter devices connect through the operator's own Service, in another one to both roles. */
function emqx5(seed: number): Partial<StageSize> {
  const random = new Random(seed).fork('shape');
  const shape = random.below(2) === 0 && { replicas: 2, replicants: whole(random, 2, 3) };
  return {
    generation: 5,
    ...shape,
    operatorLatencyMs: random.pick([3, 3, 30, 100])!,
    shutdownMs: random.pick([300, 1_000, 3_000])!,
    exposure: random.pick(['operator', 'both-roles', 'own', 'own'])!,
  };
}

function placed(random: Random, fault: FaultName): PlannedFault {
  const { phases, fromStart } = FAULTS[fault];
  if (fromStart) return { fault, phase: 'claim', afterMs: random.below(FROM_START_MS) };
  const phase = random.pick(phases ? LIKELY.filter((each) => phases.includes(each)) : LIKELY)!;
  return { fault, phase, afterMs: random.below(LENGTHS[phase] ?? 1_000) };
}
