import type { Phase } from './journal';

/** The state of the cluster while no process drives a run. */
const HOLDS: Readonly<Record<Phase, string>> = {
  claim: 'no device was moved yet',
  pin: 'all devices are on blue, and new ones connect there',
  apply: 'all devices are on blue; the operator is held, or starts to build green',
  green: 'all devices are on blue; the operator builds green beside it, and then waits',
  switch: 'devices that connect reach green; no device was disconnected',
  evacuate:
    'blue nodes whose evacuation has started continue at their rates, and green takes their devices; no node is removed',
  retire: 'all devices are on green; blue is empty, and its pods may be terminating',
  revert: 'devices stay where they are; the operator is held, and the old template may be back',
  'switch-back': 'devices that connect may still reach green; no device is disconnected',
  return:
    'green nodes whose evacuation has started continue at their rates, and blue takes their devices; no node is removed',
  'retire-green': 'all devices are on blue; green is empty, and its pods may be terminating',
  release: 'all devices are on the nodes that stay, and the other nodes are gone; the operator may still be held',
  native: 'the operator continues on its own',
  done: 'the upgrade is done',
};

/** @param phase of the run; undefined when none has started. */
export function stateWithoutDriver(phase: Phase | undefined): string {
  return phase === undefined ? 'nothing was written' : HOLDS[phase];
}
