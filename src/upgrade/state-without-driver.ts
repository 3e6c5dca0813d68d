import type { Phase } from './journal';

/** What holds in the cluster while nobody goes on with a run. */
const HOLDS: Readonly<Record<Phase, string>> = {
  claim: 'no device was moved yet',
  pin: 'all devices are on blue, and new ones enter there',
  apply: 'all devices are on blue; the operator stands still, or begins to build green',
  green: 'all devices are on blue; the operator builds green beside it, and stands still',
  switch: 'devices that connect enter green; nobody was disconnected',
  evacuate:
    'blue nodes whose evacuation has begun go on at their rates, and green takes their devices; no node is removed',
  retire: 'all devices are on green; blue is empty, and its pods may be going',
  revert: 'devices stay where they are; the operator is held, and the old template may be back',
  'switch-back': 'devices that connect may still enter green; nobody is disconnected',
  return:
    'green nodes whose evacuation has begun go on at their rates, and blue takes their devices; no node is removed',
  'retire-green': 'all devices are on blue; green is empty, and its pods may be going',
  release: 'all devices are where they shall stay, and the other nodes are gone; the operator may still be held',
  native: 'the operator goes on by itself',
  done: 'the upgrade is done',
};

/** @param phase of the run; undefined when none has begun. */
export function stateWithoutDriver(phase: Phase | undefined): string {
  return phase === undefined ? 'nothing was written' : HOLDS[phase];
}
