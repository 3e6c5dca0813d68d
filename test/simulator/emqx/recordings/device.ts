import type { EmqxNode } from '../../../../src/simulator/emqx/node';
import type {
  Channel,
  CloseCause,
  Connection,
  ConnectRequest,
  Delivery,
  Will,
} from '../../../../src/simulator/emqx/types';

/** What a device of a replay saw, in the words of the recordings. */
export interface Seen {
  t_ms: number;
  client: string;
  type: 'connack' | 'refused' | 'tcp-refused' | 'DISCONNECT_from_server' | 'close' | 'publish_received';
  reasonCode?: number;
  sessionPresent?: boolean;
  serverReference?: string | undefined;
  topic?: string;
  payload?: string;
}

/** One client of a replay; it does nothing by itself but acknowledge. */
export class Device implements Connection {
  /** Called when the node has ended the connection. */
  whenClosed: () => void = () => undefined;
  private channel: Channel | undefined;
  private protocolVersion = 4;

  constructor(
    readonly name: string,
    private readonly see: (seen: Omit<Seen, 't_ms' | 'client'>) => void,
    private readonly options: { subscribe?: string; will?: Will } = {},
  ) {}

  get isConnected(): boolean {
    return this.channel !== undefined;
  }

  connect(node: EmqxNode, request: Omit<ConnectRequest, 'clientId'>): void {
    this.protocolVersion = request.protocolVersion;
    if (!node.isListening) {
      this.see({ type: 'tcp-refused' });
      return;
    }
    const { subscribe, will } = this.options;
    const answer = node.connect({ clientId: this.name, ...request, ...(will ? { will } : {}) }, this);
    if (!answer.accepted) {
      const { reasonCode, serverReference } = answer;
      const mqtt5 = request.protocolVersion === 5;
      this.see({
        type: 'refused',
        reasonCode: mqtt5 ? reasonCode : 3,
        serverReference: mqtt5 ? serverReference : undefined,
      });
      return;
    }
    this.channel = answer.channel;
    this.see({ type: 'connack', reasonCode: 0, sessionPresent: answer.sessionPresent });
    if (subscribe && !answer.sessionPresent) answer.channel.subscribe(subscribe, 1);
  }

  /** The device ends the connection, if there is one. */
  close(how: 'normal' | 'lost' = 'lost'): void {
    const { channel } = this;
    this.channel = undefined;
    if (!channel) return;
    channel.close(how);
    this.see({ type: 'close' });
  }

  closed(cause: CloseCause): void {
    this.channel = undefined;
    if (cause.kind !== 'shutdown' && this.protocolVersion === 5) {
      const serverReference = cause.kind === 'evicted' ? cause.serverReference : undefined;
      this.see({ type: 'DISCONNECT_from_server', reasonCode: cause.reasonCode, serverReference });
    }
    this.see({ type: 'close' });
    this.whenClosed();
  }

  deliver({ topic, payload, packetId }: Delivery): void {
    this.see({ type: 'publish_received', topic, payload: Buffer.from(payload).toString() });
    if (packetId !== undefined) this.channel?.acknowledge(packetId);
  }
}
