import type { KubeApi, KubeObject } from '../../kubernetes/kube-api';
import type { Clock } from '../../upgrade/ports';
import { timestamp } from '../kubernetes/object-store';

/** Writes Kubernetes events about a custom resource. They are not waited for, and failures are ignored. */
export class EventRecorder {
  private count = 0;

  constructor(
    private readonly api: KubeApi,
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
  ) {}

  record(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { apiVersion, kind, metadata } = about;
    const { name, namespace = 'default', uid = '' } = metadata;
    const now = timestamp(this.clock.now());
    const suffix = `${this.clock.now().toString(16)}${(this.count++ & 0xffff).toString(16).padStart(4, '0')}`;
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${suffix}`, namespace },
      involvedObject: { apiVersion, kind, namespace, name, uid },
      type,
      reason,
      message,
      source: { component: 'emqx-controller' },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    } satisfies KubeObject & Record<string, unknown>;
    this.api.create(event, this.signal).catch(() => undefined);
  }
}
