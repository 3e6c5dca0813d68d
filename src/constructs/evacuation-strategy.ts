import type { Duration } from 'cdk8s';

/**
 * How fast connections and sessions leave a node that is being replaced. Both rates and the wait are required: the operator
 * and EMQX take a missing one for something else.
 *
 * @see EMQX Enterprise 4.4, "Node Evacuation"
 */
export interface EvacuationStrategy {
  /**
   * Connections a node ends per second; a whole number of at least 1.
   *
   * @see EMQX Operator 2.2.29, `spec.blueGreenUpdate.evacuationStrategy.connEvictRate`
   */
  readonly connectionEvictionRate: number;

  /**
   * Sessions a node hands over per second, after its connections are gone; a whole number of at least 1.
   *
   * @see EMQX Operator 2.2.29, `spec.blueGreenUpdate.evacuationStrategy.sessEvictRate`
   */
  readonly sessionEvictionRate: number;

  /**
   * How long a client may take to come back before its session is moved without it; whole seconds, from 1 to 4294967.
   *
   * @see EMQX Operator 2.2.29, `spec.blueGreenUpdate.evacuationStrategy.waitTakeover`
   */
  readonly waitTakeover: Duration;
}
