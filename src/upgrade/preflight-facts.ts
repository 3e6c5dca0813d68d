import type { Emqx5Facts } from './emqx5-facts';
import type { OperatorView } from './observation';
import type { Refusal, Surroundings } from './ports';

/** What preflight knows beyond the observation. */
export interface PreflightFacts extends Surroundings {
  /** Name under which this engine would hold the lease. */
  holder: string;
  licensedConnections: number | undefined;
  /** Undefined without the right to read them. */
  operators: readonly OperatorView[] | undefined;
  missingRights: readonly string[];
  /** Writes of an upgrade that the API server does not accept; undefined where they were not tested. */
  refusals: readonly Refusal[] | undefined;
  /** Absent for EMQX 4.4, and where no node answers. */
  emqx5?: Emqx5Facts | undefined;
}
