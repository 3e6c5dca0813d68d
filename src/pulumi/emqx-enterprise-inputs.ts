import type { PlainClusterProps } from '../constructs/plain-props';
import type { CommonInputs } from './common-inputs';

/** The properties of a cluster of EMQX Enterprise 4.4, in plain values. */
export interface EmqxEnterpriseInputs
  extends Omit<PlainClusterProps, 'networkPolicy' | 'podDisruptionBudget'>,
    CommonInputs {}
