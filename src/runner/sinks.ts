import type { KubeApi } from '../kubernetes';
import type { Clock } from '../upgrade';
import { type Note, noteOf, writeNote } from './kube-events';
import { Metrics } from './metrics';
import { isNotified, notify } from './notify';
import { Outbox } from './outbox';
import { recordsRef } from './records';
import type { Tell, Told } from './told';

export interface SinkOptions {
  api: KubeApi;
  clock: Clock;
  /** Of the runner, with its ConfigMap: Events about the policy belong to that. */
  namespace: string;
  /** Writes one line of the log. */
  log: Tell;
  /** Reads the URL of the webhook. @default - there is none */
  webhookUrl?: (() => string) | undefined;
}

/** Where everything goes that the runner tells. */
export interface Sinks {
  tell: Tell;
  metrics: Metrics;
  /** Resolves when everything was delivered or given up. */
  settled(): Promise<void>;
}

/** Distributes what is told to the log, the metrics, the Events of Kubernetes and the webhook. None of them delays the others, or a run. */
export function sinksTo({ api, clock, namespace, log, webhookUrl }: SinkOptions): Sinks {
  const metrics = new Metrics();
  const events = new Outbox<Note>({
    clock,
    send: (note, signal) => writeNote(api, note, signal),
    dropped: (reason) => dropped('event', reason),
  });
  const hook =
    webhookUrl &&
    new Outbox<Told>({
      clock,
      send: (told, signal) => notify(webhookUrl, told, signal),
      dropped: (reason) => dropped('webhook', reason),
    });
  return {
    metrics,
    tell: (told) => {
      metrics.tell(told);
      if ('isRepeated' in told) return;
      log(told);
      const note = noteOf(told, recordsRef(namespace));
      if (note) events.put(note);
      if (isNotified(told)) hook?.put(told);
    },
    settled: async () => {
      await Promise.all([events.settled(), hook?.settled()]);
    },
  };

  function dropped(sink: 'event' | 'webhook', reason: string): void {
    metrics.drop(sink);
    const what = sink === 'event' ? 'an Event was not written' : 'a notification was not sent';
    log({ kind: 'error', at: clock.now(), text: `${what}: ${reason}`, cluster: undefined });
  }
}
