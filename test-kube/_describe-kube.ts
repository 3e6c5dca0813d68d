import { hasLab } from './_lab';

/** Skips what it describes where there is no control plane. */
export const describeKube = hasLab ? describe : describe.skip;
