export { AgentTransport } from './agent-transport';
export type { EmqxClientOptions } from './client';
export { EmqxApiError } from './errors';
export type { Credentials } from './management-api';
export { managementPorts } from './management-ports';
export { type Dial, MqttProber, type Prober } from './mqtt-prober';
export {
  type EmqxRequest,
  type EmqxResponse,
  type EmqxTransport,
  type PodRef,
  TransportError,
} from './transport';
export { EmqxClient } from './v4/client';
export { Emqx5Client } from './v5/client';
