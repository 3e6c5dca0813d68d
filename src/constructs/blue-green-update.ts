import type { Duration } from 'cdk8s';
import { HOLD_DELAY_SECONDS } from '../resource/hold';
import type { Violation } from '../resource/problem';
import { connectionEvictionRate, initialDelay, sessionEvictionRate, waitTakeover } from '../resource/rules';
import type { EmqxEnterpriseSpec } from '../resource/v1beta4/emqx-enterprise';
import type { EmqxSpec } from '../resource/v2beta1/emqx';
import type { Findings } from './_findings';
import { checkDuration, secondsOf } from './_seconds';
import type { EvacuationStrategy } from './evacuation-strategy';

/**
 * Upgrade with a second set of nodes: it is built next to the running one, takes over its connections and sessions, and stays.
 *
 * @see EMQX Operator 2.2.29, `spec.blueGreenUpdate`, and `spec.updateStrategy` of EMQX
 */
export interface BlueGreenUpdate {
  /**
   * How long to wait after all new nodes are ready, before the first connection is moved; whole seconds.
   *
   * @default Duration.seconds(0)
   */
  readonly initialDelay?: Duration;

  /** How fast the running nodes are evacuated. */
  readonly evacuationStrategy: EvacuationStrategy;

  /**
   * Whether the operator waits once it has built the new nodes, until `emqx-blue-green upgrade` takes over from
   * there. A changed template can then be applied by any tool: kubectl, Argo CD, Flux. `false`: the operator upgrades on its own,
   * as in its tutorial. That loses sessions of EMQX 4.4, and time and data of EMQX 5 and 6; the cluster
   * {@link EmqxEnterpriseCluster.warnings | warns}.
   *
   * A held custom resource has a delay of 63 years; the devices' Service keeps `initialDelay` in its annotation
   * `emqx-blue-green/initial-delay-seconds`.
   *
   * @default true
   */
  readonly hold?: boolean;
}

/** Whether the operator waits for the upgrade command. */
export function isHeldUpdate(update: BlueGreenUpdate): boolean {
  return update.hold ?? true;
}

/** The delay that the user wants, in seconds. */
export function initialDelayOf(update: BlueGreenUpdate): number {
  return secondsOf(update.initialDelay) ?? 0;
}

/** As an EMQX has it. */
export function toUpdateStrategy(update: BlueGreenUpdate): NonNullable<EmqxSpec['updateStrategy']> {
  return { type: 'Recreate', ...toWire(update) };
}

/** As an EmqxEnterprise has it. */
export function toWire(update: BlueGreenUpdate): EmqxEnterpriseSpec['blueGreenUpdate'] {
  const strategy: Partial<EvacuationStrategy> | undefined = update.evacuationStrategy;
  return {
    initialDelaySeconds: isHeldUpdate(update) ? HOLD_DELAY_SECONDS : initialDelayOf(update),
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
  if (update.hold !== undefined && typeof update.hold !== 'boolean')
    findings.report(`${path}.hold`, update.hold, noHold);
}

const noHold: Violation = {
  bound: 'true or false',
  reason: 'the operator waits for the upgrade command, or upgrades on its own and loses sessions',
  fix: 'leave it out: it is true then',
};
