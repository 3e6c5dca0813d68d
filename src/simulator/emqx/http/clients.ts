import type { EmqxNode } from '../node';
import type { Session } from '../session';

/** One page of the clients of a node, as the list of the management API has them. */
export interface ListedClients {
  sessions: readonly Session[];
  meta: { page: number; limit: number; hasnext: boolean; count: number };
}

const DEFAULT_LIMIT = 100;

/** The clients of a node with and without a connection, by their ids downwards, as recorded. Filters are not modelled. */
export function listClients(node: EmqxNode, wantedPage: string | null, wantedLimit: string | null): ListedClients {
  const [page, limit] = [Number(wantedPage ?? 1), Number(wantedLimit ?? DEFAULT_LIMIT)];
  const all = node.cluster.registry.on(node.sessions).sort((a, b) => (a.clientId < b.clientId ? 1 : -1));
  const first = (page - 1) * limit;
  const sessions = all.slice(first, first + limit);
  return { sessions, meta: { page, limit, hasnext: first + limit < all.length, count: all.length } };
}

const COUNTERS = [
  'recv_msg',
  'recv_msg.qos0',
  'recv_msg.qos1',
  'recv_msg.qos2',
  'recv_msg.dropped',
  'recv_pkt',
  'send_msg',
  'send_msg.qos0',
  'send_msg.qos1',
  'send_msg.qos2',
  'send_msg.dropped',
  'send_msg.dropped.expired',
  'send_msg.dropped.queue_full',
  'send_msg.dropped.too_large',
  'send_pkt',
  'mqueue_dropped',
  'mqueue_len',
];
/** Those of a connection: a session that was moved in has none. */
const OF_CONNECTION = ['heap_size', 'mailbox_len', 'recv_cnt', 'recv_oct', 'reductions', 'send_cnt', 'send_oct'];
const ADDRESS = '127.0.0.1';
const PORT = 50_000;
const NEVER_EXPIRES_SECONDS = 0xffffffff;

/** What the lists of both generations say of a client. */
function common(session: Session, nodeName: string) {
  const { clientId, cleanStart, expiryMs, keepAliveSeconds, channel, moved, protocolVersion } = session;
  const counters = moved ? COUNTERS : [...COUNTERS, ...OF_CONNECTION];
  return {
    ...Object.fromEntries(counters.map((name) => [name, 0])),
    clientid: clientId,
    clean_start: cleanStart,
    connected: channel !== undefined,
    expiry_interval: Number.isFinite(expiryMs) ? expiryMs / 1_000 : NEVER_EXPIRES_SECONDS,
    ip_address: ADDRESS,
    is_bridge: false,
    keepalive: keepAliveSeconds,
    node: nodeName,
    port: PORT,
    subscriptions_cnt: session.subscriptions?.length ?? 0,
    // The virtual channel of a session that was moved in knows no protocol.
    ...(!moved && { proto_name: protocolVersion === 3 ? 'MQIsdp' : 'MQTT', proto_ver: protocolVersion }),
  };
}

/** @param at the moment at which the model has it connect: when is not modelled */
export function clientOfV4(session: Session, nodeName: string, at: number): object {
  const moment = new Date(at).toISOString().slice(0, 19).replace('T', ' ');
  return {
    ...common(session, nodeName),
    awaiting_rel: 0,
    connected_at: moment,
    created_at: moment,
    ...(!session.channel && { disconnected_at: moment }),
    inflight: 0,
    max_awaiting_rel: 100,
    max_inflight: 32,
    max_mqueue: 1000,
    max_subscriptions: 0,
    mountpoint: 'undefined',
    username: 'undefined',
    zone: 'external',
  };
}

/** @param at the moment at which the model has it connect: when is not modelled */
export function clientOfV5(session: Session, nodeName: string, at: number, isEmqx6: boolean): object {
  const moment = new Date(at).toISOString().replace('Z', '+00:00');
  const isDurable = session.durable !== undefined;
  const durable = ['n_streams', ...['next', 'comm', 'dup'].map((part) => `seqno_q1_${part}`)];
  const durableQos2 = ['next', 'comm', 'dup', 'rec'].map((part) => `seqno_q2_${part}`);
  return {
    ...common(session, nodeName),
    'recv_msg.dropped.await_pubrel_timeout': 0,
    ...(isDurable && Object.fromEntries([...durable, ...durableQos2].map((name) => [name, 0]))),
    ...(!isDurable && { mqueue_max: 1000 }),
    ...(!session.moved && {
      auth_expire_at: null,
      client_attrs: {},
      enable_authn: true,
      listener: 'tcp:default',
      peersni: null,
    }),
    ...(isEmqx6 && { impl: isDurable ? 'emqx_persistent_session_ds' : 'emqx_session_mem' }),
    awaiting_rel_cnt: 0,
    awaiting_rel_max: 100,
    connected_at: moment,
    created_at: moment,
    ...(!session.channel && { disconnected_at: moment }),
    durable: isDurable,
    inflight_cnt: 0,
    inflight_max: 32,
    is_expired: false,
    is_persistent: session.expiryMs > 0,
    mountpoint: null,
    subscriptions_max: 'infinity',
    username: null,
  };
}
