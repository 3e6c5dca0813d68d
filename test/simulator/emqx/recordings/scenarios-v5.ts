import type { Step } from './recording';
import type { Replay } from './replay';
import type { ComparedScenario } from './scenarios';

/** A scenario of EMQX 5 or 6. */
export interface ScenarioV5 extends ComparedScenario {
  version: string;
  /** No client comes back while it lasts: all counts of the series are compared. @default false */
  isSteady?: boolean;
  /** Fields that are not compared, with the reason. */
  without?: Record<string, string>;
}

const text = (payload: string) => new TextEncoder().encode(payload);
const number = (client: string) => Number(client.replace(/\D/g, ''));

/** What is modelled nowhere. */
const NOT_MODELLED: readonly (readonly [(step: Step) => boolean, string])[] = [
  [({ path = '' }) => /\/clients(_v2)?\?/.test(path), 'reading clients'],
  [({ path = '' }) => path.endsWith('/login'), 'the login of dashboard users'],
  [({ auth, status }) => Boolean(auth?.startsWith('Bearer')) && status === 200, 'tokens of dashboard users'],
  [({ path = '' }) => path.endsWith('/license'), 'the license, which the recorded build has not'],
  [({ req_body }) => req_body === 'null', 'the stack trace of a crash'],
];

export function notModelled(step: Step): string | undefined {
  return NOT_MODELLED.find(([matches]) => matches(step))?.[1];
}

const OPEN_BUILD = { edition: 'the recorded build calls itself open source' };
const LAGGING = 'a count of the cluster, which the recorded nodes refresh late on a busy machine';
const BUSY = { cluster_sessions: LAGGING, 'cluster_sessions.count': LAGGING, 'cluster_sessions.max': LAGGING };
/** Of the figures of the whole cluster only that of the sleepers is compared. */
const FIGURES = Object.fromEntries(
  (
    'connections live_connections dropped_msg_rate persisted_rate received_msg_rate sent_msg_rate retained_msg_count topics ' +
    'subscriptions subscriptions_durable subscriptions_ram license_quota'
  )
    .split(' ')
    .map((name) => [`monitor_current#${name}`, 'refreshed late']),
);
const OWN_NAME = { cluster: 'the name of the recorded cluster', name: 'the name of the recorded cluster' };

/** With all bytes. */
export const SCENARIOS_V5: readonly ScenarioV5[] = [
  {
    file: '01-baseline-disabled',
    version: '5.8.9',
    fresh: true,
    nodeOrder: true,
    events: ['connack'],
    without: OPEN_BUILD,
  },
  { file: '02-start-params', version: '5.8.9', nodeOrder: true, events: [] },
  {
    file: '03-evacuation-300-noreconnect',
    version: '5.8.9',
    nodeOrder: true,
    without: { ...OPEN_BUILD, ...BUSY },
    subscribe: (client) => (/^v[45]p-/.test(client) ? `t/${client}` : undefined),
    leftOut: ({ path, t_ms }) =>
      path === '/api/v5/nodes' && t_ms > 6_100 && t_ms < 12_200
        ? '/nodes while connections are evicted: which clients a batch takes is by chance, and clean ones leave no session'
        : undefined,
    closedByClient: ({ t_ms }) => t_ms > 22_000,
    untimed: ['DISCONNECT_from_server'],
    events: ['connack', 'refused', 'DISCONNECT_from_server', 'close'],
  },
];

/** Clients of which the recording has the doings by name, and all of whom come back to another node. */
function fleet(replay: Replay, offlineFromMs: number): void {
  for (let i = 0; i < 300; i++) {
    const name = i < 200 ? `c${i}` : `p${i - 200}`;
    replay.at(500 + i * 10, () => connect(replay, name, 'n1'));
    if (i >= 200 && i < 220) replay.at(offlineFromMs, () => replay.device(name).close('normal'));
    else returnElsewhere(replay, name, 2_000 + (number(name) % 10) * 150);
  }
  replay.at(100, () => connect(replay, 'publisher', 'n3'));
}

function connect(replay: Replay, name: string, node: string): void {
  const protocolVersion = number(name) % 2 === 0 ? 5 : 4;
  const cleanStart = !name.startsWith('p') || name === 'publisher';
  const expiry = cleanStart || protocolVersion === 4 ? {} : { sessionExpirySeconds: 3600 };
  replay.device(name).connect(replay.node(node), { protocolVersion, cleanStart, ...expiry });
}

function returnElsewhere(replay: Replay, name: string, afterMs: number): void {
  replay.device(name).whenClosed = () =>
    replay.at(replay.now + afterMs, () => connect(replay, name, number(name) % 3 === 0 ? 'n2' : 'n3'));
}

const isPersistent = (client: string) => (/^p\d/.test(client) ? `t/${client}` : undefined);

/** One round of QoS 1 messages to each persistent client. */
function publishRound(replay: Replay, round: string, clients: number): void {
  for (let i = 0; i < clients; i++) {
    replay.node('n2').publish({ topic: `t/p${i}`, payload: text(`${round}-${i}`), qos: 1 });
  }
}

function evacuation300(
  file: string,
  offlineFromMs: number,
  sleepersBackFromMs: number,
  more: Partial<ScenarioV5>,
): ScenarioV5 {
  return {
    file,
    version: file.slice(0, 5),
    nodeOrder: true,
    without: BUSY,
    subscribe: isPersistent,
    setup: (replay) => {
      fleet(replay, offlineFromMs);
      for (let i = 0; i < 20; i++) replay.at(sleepersBackFromMs + i * 100, () => connect(replay, `p${i}`, 'n2'));
    },
    note: (replay, note) => {
      if (note.startsWith('published round')) publishRound(replay, note.slice(-1), 100);
    },
    leftOut: ({ path = '', t_ms }) =>
      path === '/api/v5/nodes' && t_ms > 20_000
        ? 'how many clients came back to which of two nodes is by chance'
        : undefined,
    events: [],
    ...more,
  };
}

/** Which site is on which node is not in this recording. */
function baseline(version: string, [n1, n2, n3]: readonly [string, string, string]): ScenarioV5 {
  return {
    file: `${version}-01-baseline`,
    version,
    fresh: true,
    nodeOrder: true,
    dataDirs: { n1: { site: n1 }, n2: { site: n2 }, n3: { site: n3 } },
    events: [],
    without: OWN_NAME,
  };
}

const KILLED = 12_000;
const KILLED_AGAIN = 51_620;

/** In the shorter form. */
export const SERIES_SCENARIOS: readonly ScenarioV5[] = [
  baseline('5.8.9', ['1CEB57416F78899D', '81716E51FD6BC896', '97FC25648A712AF5']),
  baseline('6.2.0', ['AE9420589BCA02D0', 'D8487DE1BD8E1DDC', 'FF0D319E7482090E']),
  { file: '5.8.9-02-start-params', version: '5.8.9', nodeOrder: true, events: [] },
  evacuation300('5.8.9-03-evacuation-300', 4_780, 26_300, {}),
  evacuation300('6.2.0-03-evacuation-300', 4_780, 30_000, {}),
  {
    file: '5.8.9-05-no-recipients',
    version: '5.8.9',
    isSteady: true,
    subscribe: isPersistent,
    setup: (replay) => {
      for (let i = 0; i < 40; i++) replay.at(500 + i * 20, () => connect(replay, `p${i}`, 'n1'));
      replay.at(35_627, () => replay.node('n1').evacuation.stop()); // the recorder, at the end
    },
    events: [],
  },
  evacuation300('5.8.9-08-durable-evacuation', 9_629, 50_225, {
    durableSessions: { shards: 4 },
    phasesMs: { n1: 2_540 },
    without: { ...BUSY, ...FIGURES },
  }),
  evacuation300('6.2.0-08-durable-evacuation', 12_000, 84_000, {
    durableSessions: {},
    without: { ...BUSY, ...FIGURES },
    leftOut: ({ path = '', t_ms }) => {
      if (t_ms < 19_000 && /nodes|monitor/.test(path)) return 'a node that did not answer in time';
      if (path.endsWith('/nodes')) return 'how many clients came back to which of two nodes is by chance';
      return undefined;
    },
  }),
  {
    file: '5.8.9-09-ds-membership',
    version: '5.8.9',
    durableSessions: { shards: 4 },
    // The first that came up was the second.
    bootOrder: ['n2', 'n1', 'n3'],
    dataDirs: {
      n1: { site: '3CB6AA41E52D70AD' },
      n2: { site: '4DB7299B6B6D4FB3' },
      n3: { site: '219F8B08AD715065' },
    },
    subscribe: isPersistent,
    setup: (replay) => {
      const all = (from: number, count: number, node: string, untilMs?: number) => {
        for (let i = 0; i < count; i++) {
          replay.at(from + i * 20, () => connect(replay, `p${i}`, node));
          if (untilMs) replay.at(untilMs, () => replay.device(`p${i}`).close('lost'));
        }
      };
      all(3_000, 20, 'n1', 4_106);
      all(16_129, 20, 'n2', 20_092);
      all(55_907, 8, 'n2', 61_925);
      all(84_431, 8, 'n2');
      for (const [killed, back] of [
        [KILLED, 30_000],
        [KILLED_AGAIN, 70_000],
      ] as const) {
        replay.at(killed + 1, () => replay.node('n1').kill());
        replay.at(back, () => replay.node('n1').boot());
      }
    },
    note: (replay, note) => {
      const [, round] = /^round (\d)/.exec(note) ?? [];
      if (round) publishRound(replay, round, Number(round) < 4 ? 20 : 8);
    },
    events: [],
  },
];
