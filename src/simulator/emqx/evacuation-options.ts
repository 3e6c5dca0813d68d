/** How an evacuation is to run; the names of the wire are those of the management API. */
export interface EvacuationOptions {
  readonly connectionEvictionRate: number;
  readonly sessionEvictionRate: number;
  readonly waitTakeoverSeconds: number;
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

/** The text of `<data_dir>/.evacuation`: recipients are not kept. */
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
 */
export function readEvacuationFile(text: string): EvacuationOptions | undefined {
  const content = parse(text);
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return DEFAULT_EVACUATION;
  const {
    conn_evict_rate: connectionEvictionRate = DEFAULT_EVACUATION.connectionEvictionRate,
    sess_evict_rate: sessionEvictionRate = DEFAULT_EVACUATION.sessionEvictionRate,
    wait_takeover: waitTakeoverSeconds = DEFAULT_EVACUATION.waitTakeoverSeconds,
    server_reference: serverReference = null,
    ...unknown
  } = content as Record<string, unknown>;
  if (!isPositive(connectionEvictionRate) || !isPositive(sessionEvictionRate) || !isPositive(waitTakeoverSeconds)) {
    return undefined;
  }
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
