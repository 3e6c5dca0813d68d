import type { Socket } from 'node:net';
import type { SimulatedClock } from '../../simulator/clock';
import { Deadlines } from '../../simulator/emqx/deadlines';
import type { Listener } from '../../simulator/traffic-front';
import { type ConnectionHost, MqttConnection } from './mqtt-connection';

/**
 * Speaks MQTT on sockets for the simulated nodes: MQTT 3.1, 3.1.1 and 5 with QoS 0, 1 and (from the client) 2.
 *
 * - A node that evicts or refuses a client does so as EMQX 4.4: DISCONNECT or CONNACK 0x9C in MQTT 5, a bare close
 *   or return code 3 in 3.x.
 * - More connections than a node accepts per second are answered later, or closed at once: see `AcceptLimit`.
 * - Keep-alive is enforced at 1.5 times what the client asked for, on the simulated clock.
 * - A client that does not read loses QoS 0 messages; then the node stops reading from it.
 * - `$SYS/…` is refused, as by the access rules that EMQX 4.4 comes with; all else may be subscribed to and published, by anyone.
 *
 * CONNACK announces what it is able to do. Not modelled: AUTH, which is refused; a client's maximum packet size; topic aliases of
 * the node's own, which it never offers. A session expiry given only in DISCONNECT is ignored.
 */
export class MqttListener {
  private readonly deadlines: Deadlines<MqttConnection>;
  private readonly host: ConnectionHost;
  private named = 0;

  constructor(clock: SimulatedClock) {
    this.deadlines = new Deadlines(clock, (connection) => connection.timedOut());
    this.host = {
      watch: (connection, waitMs) => this.deadlines.start(connection, waitMs),
      forget: (connection, waitMs) => this.deadlines.cancel(connection, waitMs),
      newClientId: () => `unnamed-${++this.named}`,
    };
  }

  /** Takes a socket on which the client has said nothing yet, and serves it for this node until it is closed. */
  accept(socket: Socket, node: Listener): void {
    if (node.accepts?.() === false) socket.destroy();
    else new MqttConnection(socket, node, this.host);
  }
}
