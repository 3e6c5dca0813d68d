export { AgentTransport } from './agent-transport';
export { type Credentials, EmqxClient, type EmqxClientOptions } from './client';
export { EmqxApiError } from './errors';
export { type Dial, MqttProber, type Prober } from './mqtt-prober';
export {
  type EmqxRequest,
  type EmqxResponse,
  type EmqxTransport,
  type PodRef,
  TransportError,
} from './transport';
