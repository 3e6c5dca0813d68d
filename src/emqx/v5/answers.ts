import * as z from 'zod';
import { ClientList } from '../clients';

/**
 * The answers of the management API v5, as far as this project reads them. Unknown fields are ignored. Fields that a booting node does not
 * have yet, or has in another form, are undefined.
 *
 * @see recorded answers of EMQX 5.8.9 and 6.2.0; the source of 5.8.9 and of the development lines up to 6.4
 */

const count = z.number().int().nonnegative();

/** `GET /clients`. */
export const ClientsAnswer = z.object({ data: ClientList });

/** What another form of means the same as absence. */
const known = <S extends z.ZodType>(schema: S) => schema.optional().catch(undefined);

/**
 * `GET /nodes/:node`. Both counts are of this moment: `live_connections` those of devices, `connections` the sessions of the node, of connected
 * and of offline devices. Durable sessions of offline devices are in neither.
 */
export const MemberAnswer = z.object({
  node: known(z.string()),
  node_status: known(z.string()),
  role: known(z.enum(['core', 'replicant'])),
  version: known(z.string()),
  edition: known(z.string()),
  connections: known(count),
  live_connections: known(count),
});
export type MemberAnswer = z.infer<typeof MemberAnswer>;

/** `GET /nodes`. A stopped core has no figures; a replicant that is down is not listed. A node that fails to answer may be anything. */
export const NodesAnswer = z.array(MemberAnswer.catch(MemberAnswer.parse({})));

/**
 * `GET /nodes/:node/stats`: an entry of `GET /stats`, which is the one that was recorded, without its `node`. That list queries all nodes
 * one after the other, and waits for one that is frozen.
 */
export const StatsAnswer = z.object({ 'subscriptions.count': known(count) });

/**
 * `GET /node_eviction/status`, of the queried node only. Its counts are live, too; but its sessions contain all disconnected durable
 * sessions of the cluster, on each node.
 */
export const EvictionAnswer = z.object({ status: z.enum(['enabled', 'disabled']) });

/** `GET /load_rebalance/status`, of the queried node only. The states of a rebalance have other names, so only those of an evacuation are read. */
export const EvacuationAnswer = z.object({
  status: z.enum(['enabled', 'disabled']),
  process: known(z.string()),
  state: known(z.string()),
  connection_eviction_rate: known(count),
  session_eviction_rate: known(count),
  session_recipients: z.array(z.string()).default([]),
});

const Balancing = z.object({
  node: known(z.string()),
  coordinator_node: known(z.string()),
  state: known(z.string()),
});

/** `GET /load_rebalance/global_status`. */
export const GlobalAnswer = z.object({
  evacuations: z.array(Balancing),
  rebalances: z.array(Balancing),
  purges: z.array(Balancing).default([]),
});

/** `GET /load_rebalance/availability_check`, when the node is available. */
export const AvailableAnswer = z.object({});

/** `GET /monitor_current`, of the whole cluster. A quota of 0 is that of a node without licensing. */
export const MonitorAnswer = z.object({
  disconnected_durable_sessions: known(count),
  license_quota: known(count.positive()),
});

/** `GET /license` (6.2.0). 5.8 has `max_connections` only, also where it counts sessions (since 5.8.5). */
export const LicenseAnswer = z.object({
  type: known(z.string()),
  max_sessions: known(count),
  max_connections: known(count),
  expiry: known(z.boolean()),
  expiry_at: known(z.string()),
});

/** `GET /listeners`. `bind` is a port, with or without an address. */
export const ListenersAnswer = z.array(
  z.object({
    id: z.string(),
    type: z.string(),
    enable: z.boolean().default(true),
    bind: z.union([z.string(), z.number()]).transform(String),
  }),
);

/** `GET /listeners/:id`: the settings as they were written, so that a boolean may be a word. */
export const ListenerAnswer = z.object({ proxy_protocol: known(z.union([z.boolean(), z.stringbool()])) });

/** `GET /ds/sites` and `GET /ds/storages`. */
export const NamesAnswer = z.array(z.string());

/** `GET /ds/sites/:id`. */
export const SiteAnswer = z.object({ node: known(z.string()), up: z.boolean() });

/** `GET /ds/storages/:name`. `transitions` is absent without any. */
export const StorageAnswer = z.object({
  name: z.string(),
  shards: z.array(
    z.object({
      id: z.string(),
      replicas: z.array(z.object({ site: z.string(), status: z.enum(['up', 'down', 'lost']) })),
      transitions: z.array(z.object({ site: z.string(), transition: z.enum(['joining', 'leaving']) })).default([]),
    }),
  ),
});
