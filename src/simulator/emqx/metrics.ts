/** The counters of a node that the model keeps, under EMQX's own names (`session.takeovered` is EMQX's spelling). */
const METRIC_NAMES = [
  'client.connect',
  'client.connack',
  'client.connected',
  'client.disconnected',
  'client.subscribe',
  'client.unsubscribe',
  'delivery.dropped',
  'delivery.dropped.queue_full',
  'messages.acked',
  'messages.delivered',
  'messages.dropped',
  'messages.dropped.no_subscribers',
  'messages.publish',
  'messages.received',
  'messages.sent',
  'session.created',
  'session.discarded',
  'session.resumed',
  'session.takeovered',
  'session.terminated',
] as const;

export type MetricName = (typeof METRIC_NAMES)[number];

/** Counters since the boot of the node. */
export type Metrics = Record<MetricName, number>;

export function newMetrics(): Metrics {
  return Object.fromEntries(METRIC_NAMES.map((name) => [name, 0])) as Metrics;
}
