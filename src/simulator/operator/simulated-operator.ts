import type { EmqxTransport } from '../../emqx/transport';
import type { KubeApi } from '../../kubernetes/kube-api';
import { AnySignal } from '../../upgrade/any-signal';
import type { Clock } from '../../upgrade/ports';
import type { Random } from '../random';
import { Controller } from './controller';
import { EventRecorder } from './event-recorder';
import { OperatorPanic } from './failure';
import type { OperatorVariant } from './v1beta4/pass';
import { ENTERPRISE, Reconciler } from './v1beta4/reconciler';
import { type EmqxLine, LINE_2_2 } from './v2beta1/line';
import { EmqxReconciler } from './v2beta1/reconciler';

/** Milliseconds until a crashed operator works again; twice as long after each further crash within ten minutes. */
const restart = { firstMs: 10_000, longestMs: 300_000, forgottenMs: 600_000 };

export interface SimulatedOperatorOptions {
  api: KubeApi;
  /** What the controller of EMQX v2beta1 uses in place of `api`. @default - the same */
  emqxApi?: KubeApi;
  transport: EmqxTransport;
  clock: Clock;
  random: Random;
  /** The one namespace that it watches. */
  namespace: string;
  /** Of the controller of EmqxEnterprise. @default 'stock' */
  variant?: OperatorVariant;
  /** Of the controller of EMQX. @default - that of the stock operator 2.2.29 */
  line?: EmqxLine;
}

/**
 * The stock EMQX Operator 2.2.29, as measured: its controllers of EmqxEnterprise v1beta4 and of EMQX v2beta1, in one process.
 *
 * - Each does one pass at a time, over all of its resources. Sets and pods are not watched.
 * - Requests to EMQX have no time-out: a node that does not answer stops all resources of its kind.
 * - What kills the process (a panic) loses both queues; after the restart every resource gets a pass.
 *
 * It needs nothing but the ports, so it works against a real API server as well.
 *
 * @see EMQX Operator 2.2.29, `controllers/apps`
 */
export class SimulatedOperator {
  private crashes: OperatorPanic[] = [];
  private failure: Error | undefined;

  constructor(private readonly options: SimulatedOperatorOptions) {}

  /** What killed the process so far, oldest first. */
  get panics(): readonly OperatorPanic[] {
    return this.crashes;
  }

  /** The error that ended its last pass; undefined when the pass was completed. */
  get lastFailure(): Error | undefined {
    return this.failure;
  }

  /** Works until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.options;
    let inARow = 0;
    while (!signal.aborted) {
      const since = clock.now();
      try {
        await this.process(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof OperatorPanic)) throw error;
        this.crashes.push(error);
        inARow = clock.now() - since > restart.forgottenMs ? 1 : inARow + 1;
        const pause = Math.min(restart.firstMs * 2 ** (inARow - 1), restart.longestMs);
        await clock.sleep(pause, signal).catch(() => undefined);
      }
    }
  }

  /** One life of the process. */
  private async process(outer: AbortSignal): Promise<void> {
    const life = new AbortController();
    const either = new AnySignal(outer, life.signal);
    const { signal } = either;
    const running = this.controllers(signal).map((controller) => controller.run(signal));
    try {
      await Promise.all(running);
    } finally {
      life.abort();
      await Promise.allSettled(running);
      either.release();
    }
  }

  private controllers(signal: AbortSignal): Controller[] {
    const {
      api,
      emqxApi = api,
      transport,
      clock,
      random,
      namespace,
      variant = 'stock',
      line = LINE_2_2,
    } = this.options;
    const report = (failure: Error | undefined) => {
      this.failure = failure;
    };
    const enterprises = new Reconciler({
      api,
      transport,
      clock,
      random,
      variant,
      events: new EventRecorder(api, clock, signal),
    });
    const clusters = new EmqxReconciler({
      api: emqxApi,
      transport,
      clock,
      random: random.fork('EMQX'),
      events: new EventRecorder(emqxApi, clock, signal),
      line,
    });
    const common = { clock, namespace, report };
    return [
      new Controller({ ...common, api, kind: ENTERPRISE, reconcile: (ref, end) => enterprises.reconcile(ref, end) }),
      new Controller({
        ...common,
        api: emqxApi,
        kind: line.dialect.kind,
        reconcile: (ref, end) => clusters.reconcile(ref, end),
      }),
    ];
  }
}
