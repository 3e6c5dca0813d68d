import { gte } from 'semver';

/** The two builds of EMQX 4.4 that the simulated node can be. */
export type ProfileName = 'enterprise' | 'open-4.4';

/**
 * What differs between builds and versions of EMQX 4.4, as seen from outside.
 *
 * @see EMQX Enterprise 4.4 change log (4.4.17, 4.4.24) and the open core 4.4.12 with the evacuation apps of August 2022.
 */
export interface Profile {
  readonly name: ProfileName;
  readonly version: string;
  /** `global_status` lists arrays of objects with `node`; otherwise objects keyed by node name. */
  readonly globalStatusAsArrays: boolean;
  /** Messages of state errors are plain text; otherwise they come as a printed Erlang list, `["already_started"]`. */
  readonly plainErrorMessages: boolean;
  /** `availability_check` needs no credentials. */
  readonly publicAvailabilityCheck: boolean;
  /** Evacuation counts and moves every session; otherwise only those of clients that connected with clean start off. */
  readonly evacuatesCleanStartSessions: boolean;
  /** `/nodes` reports `live_connections`. */
  readonly liveConnectionsInNodes: boolean;
  /** The Prometheus text has `emqx_live_connections_count`. */
  readonly liveConnectionsInPrometheus: boolean;
  /** A session that was moved in by an evacuation counts as a live connection in `/stats` until it ends. */
  readonly movedSessionsCountAsLive: boolean;
  /** There is a license, and `/license` to read it. */
  readonly licensed: boolean;
}

/** The quirks of one version of one build. */
export function profileOf(name: ProfileName, version: string): Profile {
  const enterprise = name === 'enterprise';
  return {
    name,
    version,
    globalStatusAsArrays: enterprise,
    plainErrorMessages: enterprise && gte(version, '4.4.17'),
    publicAvailabilityCheck: enterprise && gte(version, '4.4.24'),
    evacuatesCleanStartSessions: enterprise && gte(version, '4.4.24'),
    liveConnectionsInNodes: gte(version, '4.4.19'),
    liveConnectionsInPrometheus: enterprise || gte(version, '4.4.19'),
    movedSessionsCountAsLive: !enterprise,
    licensed: enterprise,
  };
}
