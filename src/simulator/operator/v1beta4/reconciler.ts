import type { EmqxTransport } from '../../../emqx/transport';
import { isKubeError, type KubeApi, type ObjectRef } from '../../../kubernetes/kube-api';
import { API_VERSION, type EmqxEnterprise, KIND } from '../../../resource';
import type { Clock } from '../../../upgrade/ports';
import type { Secret } from '../../kubernetes/core-types';
import { kinds } from '../../kubernetes/kinds';
import type { Random } from '../../random';
import type { EventRecorder } from '../event-recorder';
import { failing, isCommon } from '../failure';
import { addListener } from './add-listener';
import { addStatefulSet } from './add-stateful-set';
import { bootstrapSecretName, createBootstrapUser, operatorPassword, operatorUser } from './bootstrap-user';
import { EmqxRequester } from './emqx-requester';
import { type OperatorVariant, Pass } from './pass';
import { addPlugins } from './plugins';
import { addResources } from './resources';
import { updatePodConditions } from './update-pod-conditions';
import { updateStatus } from './update-status';

/** The kind of its resources. */
export const ENTERPRISE = { apiVersion: API_VERSION, kind: KIND } as const;

/** Milliseconds after a full pass. */
const pollMs = 20_000;
/** Milliseconds after an error that is taken lightly. */
const shortMs = 1_000;

export interface ReconcilerOptions {
  api: KubeApi;
  transport: EmqxTransport;
  clock: Clock;
  random: Random;
  variant: OperatorVariant;
  events: EventRecorder;
}

/**
 * One pass over one custom resource, in the operator's order:
 *
 * 1. status, 2. first user, 3. plugins, 4. ACL, license, headless Service, 5. stateful set, 6. Service and Endpoints,
 * 7. status, 8. readiness gates.
 *
 * A step that fails ends the pass, but for the status steps, whose errors are only reported.
 *
 * @see EMQX Operator 2.2.29, `controllers/apps/v1beta4/emqx_controller.go`
 */
export class Reconciler {
  constructor(private readonly options: ReconcilerOptions) {}

  /**
   * Returns after how many milliseconds the next pass is due; undefined when there is nothing left to reconcile.
   *
   * @throws OperatorPanic when the operator's process would die
   * @throws Error for a failure that calls for a back-off
   */
  async reconcile(ref: ObjectRef, signal: AbortSignal): Promise<number | undefined> {
    const { api, clock, variant, random, events } = this.options;
    let instance: EmqxEnterprise;
    try {
      instance = await api.get<EmqxEnterprise>(ref, signal);
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return undefined;
      throw error;
    }
    if (instance.metadata.deletionTimestamp) return undefined;

    const secretRef = { ...ref, ...kinds.secret, name: bootstrapSecretName(ref.name) };
    const record = (type: 'Normal' | 'Warning', reason: string, message: string) =>
      events.record(instance, type, reason, message);
    const passWith = (password: string) => {
      const service = `${ref.name}-headless`;
      const { transport } = this.options;
      const access = { api, transport, random, namespace: ref.namespace, service, username: operatorUser, password };
      return new Pass(instance, { api, clock, emqx: new EmqxRequester(access), random, variant, signal, record });
    };
    let secret: Secret;
    try {
      secret = await api.get<Secret>(secretRef, signal);
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) failing('failed to create request Pod API')(error);
      await createBootstrapUser(passWith(''), random).catch(() => undefined);
      return shortMs;
    }
    return this.steps(passWith(operatorPassword(secret)));
  }

  private async steps(pass: Pass): Promise<number> {
    try {
      await updateStatus(pass);
      await addPlugins(pass);
      const delayMs = await addStatefulSet(pass, await addResources(pass));
      if (delayMs !== undefined) return delayMs;
      await addListener(pass);
      await updateStatus(pass);
      await updatePodConditions(pass);
      return pollMs;
    } catch (error) {
      if (isCommon(error)) return shortMs;
      throw error;
    }
  }
}
