import type { Duration } from 'cdk8s';

/**
 * How fast connections and sessions leave a node that is being replaced. Both rates and the wait are required: the operator
 * and EMQX misinterpret a missing one.
 *
 * @see EMQX Enterprise 4.4, "Node Evacuation"; EMQX 5, "Cluster Load Rebalancing"
 */
export interface EvacuationStrategy {
  /**
   * Connections that a node closes per second; a whole number of at least 1.
   *
   * @see EMQX Operator 2.2.29, `spec.blueGreenUpdate.evacuationStrategy.connEvictRate`
   */
  readonly connectionEvictionRate: number;

  /**
   * Sessions that a node hands over per second, after its connections are closed; a whole number of at least 1.
   *
   * @see EMQX Operator 2.2.29, `spec.blueGreenUpdate.evacuationStrategy.sessEvictRate`
   */
  readonly sessionEvictionRate: number;

  /**
   * How long a client may take to reconnect before its session is moved without it; whole seconds, from 1 to 4294967.
   *
   * @see EMQX Operator 2.2.29, `spec.blueGreenUpdate.evacuationStrategy.waitTakeover`
   */
  readonly waitTakeover: Duration;
}
