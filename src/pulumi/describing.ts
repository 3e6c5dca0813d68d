import { copyOf } from '../resource/copy';
import type { CommonInputs } from './common-inputs';

/** The properties that do not describe the cluster. */
export const MANAGING = [
  'kubeconfig',
  'context',
  'adopt',
  'deleteVolumes',
  'upgrade',
  '__progressRow',
  '__kind',
] as const satisfies readonly (keyof CommonInputs)[];

/** The properties that describe the cluster: a copy. */
export function describing<Inputs extends CommonInputs>(inputs: Inputs): Omit<Inputs, keyof CommonInputs> {
  const entries = Object.entries(inputs).filter(([name]) => !(MANAGING as readonly string[]).includes(name));
  return copyOf(Object.fromEntries(entries)) as Omit<Inputs, keyof CommonInputs>;
}
