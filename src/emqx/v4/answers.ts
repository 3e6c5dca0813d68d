import * as z from 'zod';

/** The answers of the management API v4, as far as this project reads them. Unknown fields are ignored. */

const count = z.number().int().nonnegative();

/** `GET /nodes/:node/stats` (EMQX Enterprise 4.4). Before the tables fill a booting node answers without some figures. */
export const StatsAnswer = z.object({
  'connections.count': count.default(0),
  'live_connections.count': count.optional(),
  'subscriptions.count': count.optional(),
});

/** `GET /nodes/:node/metrics`: counters since the node's process started. Sessions that are moved in count in neither of these. */
export const MetricsAnswer = z.object({ 'client.connected': count, 'client.disconnected': count });

/** `GET /node_eviction/status`: live counts while an evacuation is running. */
export const EvictionAnswer = z.discriminatedUnion('status', [
  z.object({ status: z.literal('disabled') }),
  z.object({ status: z.literal('enabled'), stats: z.object({ connections: count, sessions: count }) }),
]);

/**
 * `GET /nodes`: `connections` is "undefined" or a string while a node boots or shuts down; a stopped node, where listed at
 * all, has a `name` instead of a `node`.
 */
export const NodesAnswer = z.array(
  z.object({ node: z.string().optional(), node_status: z.string().optional(), version: z.string().optional() }),
);

/** `GET /license`. */
export const LicenseAnswer = z.object({ max_connections: count });

/** `GET /load_rebalance/status`: the evacuation of the queried node; not enveloped. */
export const EvacuationAnswer = z.discriminatedUnion('status', [
  z.object({ status: z.literal('disabled') }),
  z.object({
    status: z.literal('enabled'),
    process: z.string(),
    state: z.string().optional(),
    connection_eviction_rate: count.optional(),
    session_eviction_rate: count.optional(),
    session_recipients: z.array(z.string()).optional(),
  }),
]);
export type EvacuationAnswer = z.infer<typeof EvacuationAnswer>;
