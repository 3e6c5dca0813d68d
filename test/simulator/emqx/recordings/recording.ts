import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';

const REFERENCE = path.resolve(__dirname, '../../../../../shared/reference');

/** The recordings of real nodes lie beside the project where they are given. */
export const RECORDINGS = path.join(REFERENCE, 'recordings-emqx-4.4');

export const hasRecordings = existsSync(RECORDINGS);

/** Those of EMQX 5 and 6: with all bytes, and in a shorter form with series of samples. */
export const RECORDINGS_V5 = path.join(REFERENCE, 'recordings-emqx-5.8.9');
export const SERIES_V5 = path.join(REFERENCE, 'recordings-emqx-5.8.9-6.2.0');

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

/** What one question was answered with, over time: changed values only. */
export interface Sample {
  t: number;
  v: unknown;
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
  /** By what was asked, and of whom. */
  samples?: Record<string, Sample[]>;
}

export function load(name: string): Recording {
  return JSON.parse(readFileSync(path.join(RECORDINGS, `${name}.json`), 'utf8')) as Recording;
}

/** The steps of a recording of EMQX 5 or 6 in the shorter form. */
export function loadSeriesV5(name: string): { path: string; json?: unknown }[] {
  const { steps } = JSON.parse(readFileSync(path.join(SERIES_V5, `${name}.json`), 'utf8')) as {
    steps: { path: string; json?: unknown }[];
  };
  return steps;
}

/** A recording of EMQX 5 with all bytes, whose nodes have other names than those of 4.4. */
export function loadV5(name: string): Recording {
  const recording = JSON.parse(readFileSync(path.join(RECORDINGS_V5, `${name}.json`), 'utf8')) as Omit<
    Recording,
    'mqtt'
  > & {
    mqtt: (Omit<MqttEvent, 'node'> & { node: number })[];
  };
  return {
    ...recording,
    nodes: NODES,
    steps: recording.steps.map((step) => (step.via_node ? { ...step, via_node: keyOf(step.via_node[4]!) } : step)),
    mqtt: recording.mqtt.map((event) => ({ ...event, node: keyOf(event.node) })),
  };
}

interface ShortStep {
  t_ms: number;
  via: number;
  method: string;
  path: string;
  auth?: string | null;
  req?: unknown;
  status: number;
  json?: unknown;
  body?: string;
}

/** A recording of EMQX 5 or 6 in the shorter form. Its clients are in a list that the scenarios know. */
export function loadSeries(name: string): Recording & { clients: unknown[][] } {
  const recording = JSON.parse(readFileSync(path.join(SERIES_V5, `${name}.json`), 'utf8')) as {
    scenario: string;
    notes: { t: number; s: string }[];
    steps: ShortStep[];
    samples: Record<string, Sample[]>;
    mqtt: unknown[][] | { first: unknown[][]; last: unknown[][] };
  };
  const { scenario, notes, steps, samples, mqtt } = recording;
  return {
    scenario,
    nodes: NODES,
    started_at: '',
    samples,
    clients: Array.isArray(mqtt) ? mqtt : [...mqtt.first, ...mqtt.last],
    mqtt: [],
    steps: [...notes.map(({ t, s }) => ({ t_ms: t, note: s })), ...steps.map((step) => stepOf(step))],
  };
}

const NODES = { n1: 'emqx1@127.0.0.1', n2: 'emqx2@127.0.0.1', n3: 'emqx3@127.0.0.1' };

const keyOf = (number: number | string) => `n${number}`;

function stepOf({ t_ms, via, method, path: asked, auth = 'Basic', req, status, json, body }: ShortStep): Step {
  const isOutside = asked === '/status' || asked.startsWith('/api/');
  const isText = status === 415;
  return {
    t_ms,
    via_node: keyOf(via),
    method,
    path: isOutside ? asked : `/api/v5${asked}`,
    auth,
    req_headers: { 'content-type': isText ? 'text/plain' : 'application/json' },
    ...(req === undefined ? {} : { req_body: typeof req === 'string' ? req : JSON.stringify(req) }),
    status,
    resp_body: json === undefined ? (body ?? '') : JSON.stringify(json),
  };
}
