import type { WatchAnswer } from './watch-answer';

/** One request to the API, its path beginning with `/api` or the like. */
export interface KubernetesRequest {
  method: string;
  url: URL;
  /** Names in lower case. */
  headers: Record<string, string | string[] | undefined>;
  body: string;
  /** The same as it was sent. @default - it is text */
  bytes?: Buffer;
}

/** The answer: one body, or a watch that continues. */
export type KubernetesAnswer = { status: number; body?: object; warnings?: readonly string[] } | { watch: WatchAnswer };
