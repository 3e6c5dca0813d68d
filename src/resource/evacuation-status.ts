import * as z from 'zod';

export const dateTime = z.string().meta({ format: 'date-time' });

/** Progress of the evacuation of a node. */
export const evacuation = z.strictObject({
  node: z.string().optional(),
  /** `evicting_conns`, `waiting_takeover`, `evicting_sessions` or `prohibiting`. */
  state: z.string().optional(),
  session_recipients: z.array(z.string()).optional(),
  session_goal: z.int32().optional(),
  session_eviction_rate: z.int32().optional(),
  connection_goal: z.int32().optional(),
  connection_eviction_rate: z.int32().optional(),
  stats: z
    .strictObject({
      initial_sessions: z.int32().optional(),
      initial_connected: z.int32().optional(),
      current_sessions: z.int32().optional(),
      current_connected: z.int32().optional(),
    })
    .optional(),
});
