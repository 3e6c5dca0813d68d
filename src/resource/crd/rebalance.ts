import * as z from 'zod';
import { dateTime } from '../evacuation-status';
import { condition } from '../v1beta4/status';
import { AGE_COLUMN, type CustomResourceDefinition, customResourceDefinition } from './custom-resource-definition';

/** Thresholds are absolute (a count) or relative (a factor of the mean, as text); all waits are in seconds. */
const rebalanceStrategy = z.strictObject({
  /** Connections a donor ends per second. */
  connEvictRate: z.int32().min(1),
  /** Sessions a donor hands over per second. */
  sessEvictRate: z.int32().optional().meta({ default: 500 }),
  waitTakeover: z.int32().optional().meta({ default: 60 }),
  waitHealthCheck: z.int32().optional().meta({ default: 60 }),
  absConnThreshold: z.int32().optional().meta({ default: 1000 }),
  absSessThreshold: z.int32().optional().meta({ default: 1000 }),
  relConnThreshold: z.string().optional().meta({ default: '1.1' }),
  relSessThreshold: z.string().optional().meta({ default: '1.1' }),
});

const v1beta4Spec = z.strictObject({
  /** Name of an EmqxEnterprise of the same namespace. */
  instanceName: z.string(),
  rebalanceStrategy,
});

const v2beta1Spec = v1beta4Spec.extend({
  /** `EMQX` or `EmqxEnterprise`. */
  instanceKind: z.string().meta({ default: 'EMQX' }),
});

const status = z.strictObject({
  conditions: z.array(condition).optional(),
  phase: z.string().optional(),
  startedTime: dateTime.optional(),
  completedTime: dateTime.optional(),
  rebalanceStates: z
    .array(
      z.strictObject({
        node: z.string().optional(),
        state: z.string().optional(),
        coordinator_node: z.string().optional(),
        donors: z.array(z.string()).optional(),
        recipients: z.array(z.string()).optional(),
        connection_eviction_rate: z.int32().optional(),
        session_eviction_rate: z.int32().optional(),
      }),
    )
    .optional(),
});

const printerColumns = [{ name: 'Status', type: 'string', jsonPath: '.status.phase' }, AGE_COLUMN] as const;

/**
 * Rebalance: one balancing of connections and sessions among the nodes of a cluster.
 *
 * Without a conversion webhook a resource written as v1beta4 is read as v2beta1 with `instanceKind: EMQX`, whatever it was
 * for: rebalance an EmqxEnterprise by a v2beta1 resource that says so.
 */
export function rebalanceDefinition(): CustomResourceDefinition {
  return customResourceDefinition({
    kind: 'Rebalance',
    plural: 'rebalances',
    versions: [
      { name: 'v1beta4', spec: v1beta4Spec, status, printerColumns, deprecated: true },
      { name: 'v2beta1', spec: v2beta1Spec, status, printerColumns },
    ],
  });
}
