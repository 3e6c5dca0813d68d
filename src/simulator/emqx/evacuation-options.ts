/** How an evacuation is to run; the names of the wire are those of the management API. */
export interface EvacuationOptions {
  readonly connectionEvictionRate: number;
  readonly sessionEvictionRate: number;
  readonly waitTakeoverSeconds: number;
  /**
   * How long clients are still accepted while the health check already fails; 0 is allowed. Undefined, as in 4.4: there is no
   * such wait.
   */
  readonly waitHealthCheckSeconds?: number;
  /** The server reference that evicted MQTT 5 clients get. */
  readonly serverReference?: string;
  /** Nodes that may get sessions. Undefined: all others of the cluster. */
  readonly migrateTo?: readonly string[];
}

/** @see EMQX: `emqx_node_rebalance.hrl` */
export const DEFAULT_EVACUATION: EvacuationOptions = {
  connectionEvictionRate: 500,
  sessionEvictionRate: 500,
  waitTakeoverSeconds: 60,
};

/** The same of EMQX 5 and 6. */
export const DEFAULT_EVACUATION_V5 = { ...DEFAULT_EVACUATION, waitHealthCheckSeconds: 60 } as const;

/** The text of `<data_dir>/.evacuation`: recipients and the wait for health checks are not kept. */
export function evacuationFile(options: EvacuationOptions): string {
  const entries = [
    ['wait_takeover', options.waitTakeoverSeconds],
    ['sess_evict_rate', options.sessionEvictionRate],
    ['server_reference', options.serverReference ?? null],
    ['conn_evict_rate', options.connectionEvictionRate],
  ];
  return `{\n${entries.map(([name, value]) => `  "${name}" : ${JSON.stringify(value)}`).join(',\n')}\n}`;
}

/**
 * Reads the file back. A text that is no JSON object means the defaults; undefined is returned for an object with values
 * that crash the application.
 *
 * @param leastWaitSeconds the shortest `wait_takeover`: 1 in 4.4, 0 in EMQX 5 and 6
 */
export function readEvacuationFile(text: string, leastWaitSeconds = 1): EvacuationOptions | undefined {
  const content = parse(text);
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return DEFAULT_EVACUATION;
  const {
    conn_evict_rate: connectionEvictionRate = DEFAULT_EVACUATION.connectionEvictionRate,
    sess_evict_rate: sessionEvictionRate = DEFAULT_EVACUATION.sessionEvictionRate,
    wait_takeover: waitTakeoverSeconds = DEFAULT_EVACUATION.waitTakeoverSeconds,
    server_reference: serverReference = null,
    ...unknown
  } = content as Record<string, unknown>;
  if (!isPositive(connectionEvictionRate) || !isPositive(sessionEvictionRate)) return undefined;
  if (!isPositive(waitTakeoverSeconds) && !(waitTakeoverSeconds === 0 && leastWaitSeconds === 0)) return undefined;
  if (Object.keys(unknown).length > 0) return undefined;
  const options = { connectionEvictionRate, sessionEvictionRate, waitTakeoverSeconds };
  if (serverReference === null) return options;
  return typeof serverReference === 'string' ? { ...options, serverReference } : undefined;
}

/** Whether a value is what EMQX takes for a rate or a wait. */
export function isPositive(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
