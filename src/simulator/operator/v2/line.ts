import { addCores, addReplicants } from '../v2beta1/add-sets';
import { addBootstrap } from '../v2beta1/bootstrap';
import { isTrue } from '../v2beta1/conditions';
import { hasReplicants } from '../v2beta1/emqx';
import type { EmqxLine } from '../v2beta1/line';
import { addDisruptionBudgets, addHeadlessService, addServices } from '../v2beta1/resources';
import { syncConfig } from '../v2beta1/sync-config';
import { syncPods } from '../v2beta1/sync-pods';
import { syncSets } from '../v2beta1/sync-sets';
import { updatePodConditions } from '../v2beta1/update-pod-conditions';
import { DIALECT_2_3 } from './dialect';
import { markSites, moveStorage } from './storage';
import { addMissingCores, removeReplicants } from './sync-sets';
import { updateV2Status } from './update-status';

/**
 * Operator 2.3, as its source says. Nobody here has run it, and no recording of it exists: of what it shares with 2.2, such as the native
 * scale-down, the model of 2.2 is used.
 *
 * @see EMQX Operator, `internal/controller/emqx_controller.go` of the line 2.3, and what was read at 8b03e9a4: not run
 */
export const LINE_2_3: EmqxLine = {
  dialect: DIALECT_2_3,
  image: 'emqx/emqx-operator:2.3.3',
  steps: [
    addBootstrap,
    updateV2Status,
    updatePodConditions,
    syncConfig,
    addHeadlessService,
    addCores,
    async (pass) => (hasReplicants(pass.instance) ? addReplicants(pass) : undefined),
    addDisruptionBudgets,
    addServices,
    moveStorage,
    markSites,
    addMissingCores,
    removeReplicants,
    syncPods,
    syncSets,
  ],
  isAtRest: (status) => isTrue(status, 'Ready'),
};
