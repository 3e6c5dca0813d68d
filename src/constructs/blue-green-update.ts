import type { Duration } from 'cdk8s';
import type { EmqxEnterpriseSpec } from '../resource/emqx-enterprise';
import { HOLD_DELAY_SECONDS } from '../resource/hold';
import { connectionEvictionRate, initialDelay, sessionEvictionRate, waitTakeover } from '../resource/rules';
import type { Findings } from './_findings';
import { checkDuration, secondsOf } from './_seconds';
import type { EvacuationStrategy } from './evacuation-strategy';

/**
 * Upgrade by a second set of nodes: it is built beside the running one, takes its connections and sessions over, and stays.
 *
 * @see EMQX Operator 2.2.29, `spec.blueGreenUpdate`
 */
export interface BlueGreenUpdate {
  /**
   * How long to wait after all new nodes are ready, before the first connection is moved; whole seconds.
   *
   * @default Duration.seconds(0)
   */
  readonly initialDelay?: Duration;

  /** How fast the running nodes are emptied. */
  readonly evacuationStrategy: EvacuationStrategy;

  /**
   * Whether the operator is to stop after it has built the new nodes, until the upgrade command takes over from there. For
   * those who apply by kubectl or GitOps: the operator alone removes nodes before it has evacuated them.
   *
   * The custom resource then carries a delay of 63 years, and the traffic Service keeps `initialDelay` in the annotation
   * `emqx-blue-green/initial-delay-seconds`. Not together with `exposure: 'operator'`: there is nobody to switch that Service.
   *
   * @default false
   */
  readonly hold?: boolean;
}

/** The delay the user asked for, in seconds. */
export function initialDelayOf(update: BlueGreenUpdate): number {
  return secondsOf(update.initialDelay) ?? 0;
}

/** As the custom resource has it. */
export function toWire(update: BlueGreenUpdate): EmqxEnterpriseSpec['blueGreenUpdate'] {
  const strategy: Partial<EvacuationStrategy> | undefined = update.evacuationStrategy;
  return {
    initialDelaySeconds: update.hold ? HOLD_DELAY_SECONDS : initialDelayOf(update),
    evacuationStrategy: {
      waitTakeover: secondsOf(strategy?.waitTakeover),
      connEvictRate: strategy?.connectionEvictionRate,
      sessEvictRate: strategy?.sessionEvictionRate,
    },
  };
}

export function checkBlueGreenUpdate(findings: Findings, path: string, update: BlueGreenUpdate): void {
  const strategy: Partial<EvacuationStrategy> | undefined = update.evacuationStrategy;
  checkDuration(findings, `${path}.initialDelay`, update.initialDelay, initialDelay);
  const at = `${path}.evacuationStrategy`;
  findings.check(`${at}.connectionEvictionRate`, strategy?.connectionEvictionRate, connectionEvictionRate);
  findings.check(`${at}.sessionEvictionRate`, strategy?.sessionEvictionRate, sessionEvictionRate);
  checkDuration(findings, `${at}.waitTakeover`, strategy?.waitTakeover, waitTakeover);
}
