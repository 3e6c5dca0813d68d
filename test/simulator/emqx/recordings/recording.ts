import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';

/** The recordings of real nodes lie beside the project where they are given. */
export const RECORDINGS = path.resolve(__dirname, '../../../../../shared/reference/recordings-emqx-4.4');

export const hasRecordings = existsSync(RECORDINGS);

export interface Step {
  t_ms: number;
  via_node?: string;
  port?: number;
  method?: string;
  path?: string;
  auth?: string | null;
  req_headers?: Record<string, string>;
  req_body?: string;
  status?: number;
  resp_body?: string;
  resp_headers?: Record<string, string>;
  error?: string;
  note?: string;
  cli?: string;
  /** Of `file` steps. */
  exists?: boolean;
  content?: string | null;
}

export interface MqttEvent {
  t_ms: number;
  client: string;
  ver: 4 | 5;
  clean: boolean;
  expiry?: number;
  node: string;
  type?: 'connack' | 'DISCONNECT_from_server' | 'close' | 'error' | 'publish_received';
  sessionPresent?: boolean;
  reasonCode?: number;
  properties?: { serverReference?: string };
  code?: number;
  message?: string;
  topic?: string;
  payload?: string;
  /** A CONNECT by hand: bytes sent, and bytes received with their time since the opening. */
  raw?: boolean;
  tx?: string;
  rx?: { dt: number; hex: string }[];
  close_dt?: number;
  sock_error?: string;
}

export interface Recording {
  scenario: string;
  nodes: Record<string, string>;
  started_at: string;
  steps: Step[];
  mqtt: MqttEvent[];
}

export function load(name: string): Recording {
  return JSON.parse(readFileSync(path.join(RECORDINGS, `${name}.json`), 'utf8')) as Recording;
}
