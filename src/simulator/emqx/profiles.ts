import { gte, lt, major } from 'semver';

/** The builds that the simulated node can be: EMQX Enterprise of any version, the open core of 4.4, and open source 5.0 to 5.8. */
export type ProfileName = 'enterprise' | 'open-4.4' | 'open-5';

/** EMQX 4.4, or EMQX 5 and 6, which have one management API and one way to evacuate. */
export type Generation = 4 | 5;

/**
 * What differs between builds and versions of EMQX, as seen from outside.
 *
 * @see EMQX Enterprise 4.4 change log (4.4.17, 4.4.24) and the open core 4.4.12 with the evacuation apps of August 2022;
 *   5.8.9 and 6.2.0 as measured, 5.9 and later by their change logs and sources
 */
export interface Profile {
  readonly name: ProfileName;
  readonly version: string;
  readonly generation: Generation;
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
  /** A scrape by Prometheus needs no credentials; otherwise an API key. */
  readonly publicMetrics: boolean;
  /** A session that was moved in by an evacuation counts as a live connection in `/stats` until it ends. */
  readonly movedSessionsCountAsLive: boolean;
  /** There is a license, and `/license` to read it. */
  readonly licensed: boolean;
  /** It can be evacuated: open source 5.0 to 5.8 cannot, and has none of the paths for it. */
  readonly evacuates: boolean;
  /** A session that its recipient refuses is discarded without a word; otherwise it is tried again for ever. */
  readonly discardsUnmovableSessions: boolean;
  /** A listener closes connections above its `max_conn_rate`; otherwise they wait. */
  readonly closesAboveConnRate: boolean;
  /** What the license limits: clients that are connected, or sessions with and without a client. */
  readonly licenseCounts: 'connections' | 'sessions';
  /** The built-in license is that of the community, which is for one node. */
  readonly communityLicense: boolean;
  /** Databases of the durable storage, where durable sessions are enabled. */
  readonly storages: readonly string[];
  /** How durable sessions are stored: a node cannot read what nodes of another format have stored. */
  readonly storageFormat: 'tables' | 'database';
}

/** The generation of a version. */
export function generationOf(version: string): Generation {
  return major(version) >= 5 ? 5 : 4;
}

/** The quirks of one version of one build. */
export function profileOf(name: ProfileName, version: string): Profile {
  const enterprise = name === 'enterprise';
  return {
    name,
    version,
    generation: generationOf(version),
    globalStatusAsArrays: enterprise,
    plainErrorMessages: enterprise && gte(version, '4.4.17'),
    publicAvailabilityCheck: enterprise && gte(version, '4.4.24'),
    evacuatesCleanStartSessions: enterprise && gte(version, '4.4.24'),
    liveConnectionsInNodes: gte(version, '4.4.19'),
    liveConnectionsInPrometheus: enterprise || gte(version, '4.4.19'),
    publicMetrics: lt(version, '6.3.0'),
    movedSessionsCountAsLive: !enterprise,
    licensed: enterprise,
    evacuates: name !== 'open-5',
    discardsUnmovableSessions: gte(version, '5.9.0'),
    closesAboveConnRate: gte(version, '5.8.6'),
    licenseCounts: gte(version, '5.8.5') ? 'sessions' : 'connections',
    communityLicense: gte(version, '5.9.0'),
    storages: gte(version, '6.0.0') ? ['messages', 'sessions', 'shared_subs', 'timers'] : ['messages'],
    storageFormat: gte(version, '6.0.0') ? 'database' : 'tables',
  };
}
