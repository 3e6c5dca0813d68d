import type { EmqxTransport } from '../../../emqx/transport';
import { isKubeError, type KubeApi, type ObjectRef } from '../../../kubernetes/kube-api';
import { type Emqx, namesOf, OPERATOR_API_KEY } from '../../../resource';
import type { Clock } from '../../../upgrade/ports';
import type { Pod, Secret } from '../../kubernetes/core-types';
import { kinds } from '../../kubernetes/kinds';
import type { Random } from '../../random';
import type { NextPass } from '../controller';
import type { EventRecorder } from '../event-recorder';
import { failing, isCommon, OperatorPanic } from '../failure';
import { addBootstrap, operatorSecret } from './bootstrap';
import { CoreRequester, coreToAsk } from './core-requester';

import { parseHocon } from './hocon';
import type { EmqxLine } from './line';
import { EmqxPass } from './pass';
import { core, labelsOf } from './roles';

/** Milliseconds after a pass that found the cluster Ready. */
const readyMs = 30_000;
/** Milliseconds after any other pass, and after an error that is taken lightly. */
const shortMs = 1_000;

export interface EmqxReconcilerOptions {
  api: KubeApi;
  transport: EmqxTransport;
  clock: Clock;
  random: Random;
  events: EventRecorder;
  line: EmqxLine;
}

/**
 * One pass over one EMQX, in the operator's order: Secrets, readiness gates, status, headless Service, cores, replicants,
 * disruption budgets, configuration, Services, gates, status, scale-down, old sets. A step that fails ends the pass.
 *
 * Passes follow each other after 1 s until the cluster is Ready, also while an upgrade is held: so status and gates are never
 * older than a pass or two. Measured: 17 passes in 20 s.
 *
 * @see EMQX Operator 2.2.29, `controllers/apps/v2beta1/emqx_controller.go`: read, and measured with the unchanged operator
 */
export class EmqxReconciler {
  constructor(private readonly options: EmqxReconcilerOptions) {}

  /**
   * When the next pass is due.
   *
   * @throws OperatorPanic when the operator's process would die
   * @throws Error for a failure that calls for a back-off
   */
  async reconcile(ref: ObjectRef, signal: AbortSignal): Promise<NextPass> {
    const { api } = this.options;
    let instance: Emqx;
    try {
      instance = await api.get<Emqx>(ref, signal);
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return undefined;
      throw error;
    }
    if (instance.metadata.deletionTimestamp) return undefined;
    const unaided = this.pass(instance, undefined, signal);
    try {
      parseHocon(instance.spec.config?.data ?? '');
    } catch (error) {
      unaided.options.record('Warning', 'InvalidConfig', 'the .spec.config.data is not a valid HOCON config');
      failing('failed to parse config')(error);
    }
    let secret: Secret;
    try {
      secret = await api.get<Secret>({ ...ref, ...kinds.secret, name: namesOf(ref.name).apiKeysSecret }, signal);
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) failing('failed to get bootstrap user')(error);
      await addBootstrap(unaided).catch(() => undefined);
      return shortMs;
    }
    return this.run(this.pass(instance, await this.requester(instance, operatorSecret(secret), signal), signal));
  }

  private async run(pass: EmqxPass): Promise<NextPass> {
    try {
      for (const step of this.options.line.steps) {
        if ((await step(pass)) === 'again') return 'again';
      }
    } catch (error) {
      if (isCommon(error)) return shortMs;
      if (!(error instanceof OperatorPanic)) pass.options.record('Warning', 'ReconcilerFailed', causeOf(error));
      throw error;
    }
    return this.options.line.isAtRest(pass.status) ? readyMs : shortMs;
  }

  private pass(instance: Emqx, emqx: CoreRequester | undefined, signal: AbortSignal): EmqxPass {
    const { api, clock, random, events, line } = this.options;
    const { dialect } = line;
    const record = (type: 'Normal' | 'Warning', reason: string, message: string) =>
      events.record(instance, type, reason, message);
    return new EmqxPass(instance, { api, clock, random, emqx, dialect, signal, record });
  }

  private async requester(resource: Emqx, password: string, signal: AbortSignal): Promise<CoreRequester | undefined> {
    const { api, transport } = this.options;
    const { namespace = 'default' } = resource.metadata;
    const query = { namespace, labels: labelsOf(resource, core), ...kinds.pod };
    const pod = coreToAsk((await api.list<Pod>(query, signal)).items);
    if (!pod) return undefined;
    return new CoreRequester({ transport, namespace, username: OPERATOR_API_KEY, password, core: pod.metadata.name });
  }
}

function causeOf(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  return cause instanceof Error ? cause.message : String(cause);
}
