import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Answer, json } from './_node';

/** The recordings of real nodes lie beside the project where they are given. */
export const RECORDINGS = path.resolve(__dirname, '../../../../shared/reference/recordings-emqx-5.8.9-6.2.0');
export const FILES = existsSync(RECORDINGS) ? readdirSync(RECORDINGS).filter((file) => file.endsWith('.json')) : [];

/** JSON of a node: it has many forms. */
// biome-ignore lint/suspicious/noExplicitAny: each test knows what it looks for
export type Json = any;

export interface Step {
  t_ms: number;
  method: string;
  /** Behind `/api/v5`. */
  path: string;
  status: number;
  json?: Json;
  body?: string;
}

/** Whenever what was sampled had changed. */
export type Series = readonly { t: number; v: Json }[];

export interface Recording {
  steps: Step[];
  samples: Record<string, Series>;
}

export function load(file: string): Recording {
  return JSON.parse(readFileSync(path.join(RECORDINGS, file), 'utf8')) as Recording;
}

export function answerOf({ status, json: body, body: text = '' }: Step): Answer {
  return body === undefined ? { status, text } : json(body, status);
}

/** What a series says at a moment; undefined before its first sample. */
export function at(series: Series = [], t: number): Json {
  return series.findLast((sample) => sample.t <= t)?.v;
}
