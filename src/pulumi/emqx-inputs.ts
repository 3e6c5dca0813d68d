import type { PlainEmqxProps } from '../constructs/plain-emqx-props';
import type { CommonInputs } from './common-inputs';

/** The properties of a cluster of EMQX 5 or 6, in plain values. */
export interface EmqxInputs extends Omit<PlainEmqxProps, 'networkPolicy'>, CommonInputs {}
