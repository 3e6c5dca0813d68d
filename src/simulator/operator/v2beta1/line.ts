import type { EmqxStatus } from '../../../resource';
import { addCores, addReplicants } from './add-sets';
import { addBootstrap } from './bootstrap';
import { isTrue } from './conditions';
import { DIALECT_2_2, type EmqxDialect } from './dialect';
import type { EmqxPass } from './pass';
import { addDisruptionBudgets, addHeadlessService, addServices } from './resources';
import { syncConfig } from './sync-config';
import { syncPods } from './sync-pods';
import { syncSets } from './sync-sets';
import { updatePodConditions } from './update-pod-conditions';
import { updateStatus } from './update-status';

/** A step; one that returns `'again'` ends the pass. */
export type Step = (pass: EmqxPass) => Promise<unknown>;

/** Versions of the operator that reconcile an EMQX in one way. */
export interface EmqxLine {
  readonly dialect: EmqxDialect;
  /** The image of its Deployment. */
  readonly image: string;
  /** In their order. */
  readonly steps: readonly Step[];
  /** Whether nothing is left to be done, so that the next pass has time. */
  isAtRest(status: EmqxStatus): boolean;
}

/** The stock operator 2.2.29. */
export const LINE_2_2: EmqxLine = {
  dialect: DIALECT_2_2,
  image: 'emqx/emqx-operator-controller:2.2.29',
  steps: [
    addBootstrap,
    updatePodConditions,
    updateStatus,
    addHeadlessService,
    addCores,
    addReplicants,
    addDisruptionBudgets,
    syncConfig,
    addServices,
    updatePodConditions,
    updateStatus,
    syncPods,
    syncSets,
  ],
  isAtRest: (status) => isTrue(status, 'Ready'),
};
