import * as z from 'zod';
import { isWhole } from './series';

const COLUMN = z.array(z.number().nonnegative().nullable());
const SET = z.object({ connections: COLUMN, sessions: COLUMN });

/** The series in a journal. One that cannot be read is dropped: nothing depends on it but charts. */
export const SERIES = z
  .object({
    from: z.number(),
    stepMs: z.number().positive(),
    steps: z.array(z.number().int().nonnegative()),
    blue: SET,
    green: SET,
    away: COLUMN,
    disconnects: COLUMN,
    disconnectsPerSecond: COLUMN,
    reconnects: COLUMN,
    reconnectsPerSecond: COLUMN,
    nodes: z.array(z.object({ pod: z.string(), connections: COLUMN })),
  })
  .refine(isWhole)
  .optional()
  .catch(undefined);
