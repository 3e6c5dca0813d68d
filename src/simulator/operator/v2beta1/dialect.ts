import type { KindRef } from '../../../kubernetes/kube-api';
import { EMQX_API_VERSION, EMQX_KIND, type EmqxCondition, type EmqxStatus, type Role } from '../../../resource';
import type { Pod } from '../../kubernetes/core-types';
import { removeConditions, setCondition } from './conditions';

/** What the operator writes into the resource, and into the pods, where its lines differ. */
export interface EmqxDialect {
  /** The kind of its resources. */
  readonly kind: KindRef & { kind: typeof EMQX_KIND };
  /** A stored status in the words of 2.2, in which every line works here. */
  viewOf(stored: EmqxStatus, pods: readonly Pod[]): EmqxStatus;
  /** The other way round. */
  storedOf(view: EmqxStatus, pods: readonly Pod[]): object;
  /** Takes the status back to Progressing. */
  progress(status: EmqxStatus, now: number, progress: Progress): void;
  /** Whether it changes the number of nodes of a role in place as soon as the resource says so. */
  changesNumberOf(role: Role): boolean;
  /** The hook that each node runs before its end. */
  readonly preStop?: object;
}

export interface Progress {
  readonly progressing: EmqxCondition;
  readonly ready: EmqxCondition;
  readonly reason: string;
  readonly message: string;
}

/** Operator 2.2: of it the view is made. */
export const DIALECT_2_2: EmqxDialect = {
  kind: { apiVersion: EMQX_API_VERSION, kind: EMQX_KIND },
  viewOf: (stored) => stored,
  storedOf: (view) => view,
  progress(status, now, { progressing, ready, reason, message }) {
    setCondition(status, now, progressing, reason, message);
    removeConditions(status, 'Ready', 'Available', ready);
  },
  changesNumberOf: () => true,
};
