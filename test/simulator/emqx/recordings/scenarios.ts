import type { Will } from '../../../../src/simulator/emqx/types';
import type { Step } from './recording';
import type { Replay, Scenario } from './replay';

/** How a scenario is compared, beside how it is replayed. */
export interface ComparedScenario extends Scenario {
  /** The nodes had no history. */
  fresh?: boolean;
  /** No node was restarted: then the order in which nodes list each other is known. */
  nodeOrder?: boolean;
  /** Steps that are not compared, by reason. */
  leftOut?: (step: Step) => string | undefined;
  /** Client events were recorded from this moment on. @default 0 */
  eventsFromMs?: number;
  /** Which clients an event hits is by chance: only how many are compared. */
  anyClient?: boolean;
  /** Kinds of which the times are by chance, like which protocol the clients of a batch speak. */
  untimed?: readonly string[];
  /** Why not all kinds of events are compared. @default - they are those of the recorder leaving at the end */
  eventsLeftOut?: string;
  /** Kinds of client events that the recording has for all clients, so that they can be compared. */
  events: readonly ('connack' | 'refused' | 'tcp-refused' | 'DISCONNECT_from_server' | 'close' | 'publish_received')[];
}

const text = (payload: string) => new TextEncoder().encode(payload);
const number = (client: string) => Number(client.replace(/\D/g, ''));

/** Publishes one message to each topic of 04b, as its note tells afterwards. */
function publishToAll(replay: Replay, prefix: string): void {
  for (let i = 0; i < 100; i++)
    replay.node('n3').publish({ topic: `of/${i}`, payload: text(`${prefix}-${i}`), qos: 1 });
}

/** Clients of which only some are in the events: half MQTT 3.1.1, half MQTT 5, sessions of an hour. */
function connectPersistent(
  replay: Replay,
  prefix: string,
  count: number,
  tMs: number,
  except: readonly string[] = [],
): void {
  for (let i = 0; i < count; i++) {
    const name = `${prefix}-${i}`;
    if (except.includes(name)) continue;
    replay.at(tMs, () => connect(replay, name));
  }
}

function connect(replay: Replay, name: string): void {
  const mqtt5 = number(name) % 2 === 1;
  const request = {
    protocolVersion: mqtt5 ? 5 : 4,
    cleanStart: false,
    ...(mqtt5 ? { sessionExpirySeconds: 3600 } : {}),
  } as const;
  replay.device(name).connect(replay.node('n1'), request);
}

const redirect = (name: 'none' | 'single'): ComparedScenario => ({
  file: `04-redirect-${name}`,
  nodeOrder: true,
  subscribe: (client) => (client === `watch-${name}` ? `will/${name}` : undefined),
  will: (client): Will | undefined => {
    const [, , version, kind] = client.split('-');
    if (!client.startsWith('js-')) return undefined;
    const topic = `will/${name}`;
    if (kind === 'delay') return { topic, payload: text('delayed will (delay 3 s)'), qos: 0, delaySeconds: 3 };
    return { topic, payload: text(`will of ${version} ${kind}`), qos: 0, delaySeconds: 0 };
  },
  closedByClient: ({ client }) => client.startsWith('watch'),
  events: ['connack', 'refused', 'DISCONNECT_from_server', 'close', 'publish_received'],
});

export const SCENARIOS: readonly ComparedScenario[] = [
  {
    file: '01-baseline-disabled',
    fresh: true,
    nodeOrder: true,
    subscribe: (client) => (['base-3', 'base-4', 'base-5'].includes(client) ? client.replace('-', '/') : undefined),
    closedByClient: () => true,
    events: ['connack', 'close'],
  },
  { file: '02-start-params', nodeOrder: true, events: [] },
  {
    file: '03-evacuation-300-noreconnect',
    nodeOrder: true,
    subscribe: (client) => (/^v[45]p-/.test(client) ? `t/${client}` : undefined),
    leftOut: ({ path, t_ms }) =>
      path === '/api/v4/nodes' && t_ms > 3_169 && t_ms < 8_400
        ? '/nodes while connections are evicted: which clients a batch takes is by chance, and clean ones leave no session'
        : undefined,
    closedByClient: ({ t_ms }) => t_ms > 20_000,
    untimed: ['DISCONNECT_from_server'],
    events: ['connack', 'refused', 'DISCONNECT_from_server', 'close'],
  },
  redirect('none'),
  redirect('single'),
  {
    file: '04b-sessions-moved-offline',
    nodeOrder: true,
    subscribe: (client) => (client.startsWith('of-') ? `of/${number(client)}` : undefined),
    setup: (replay) => {
      const connected = new Set(connectedOf04b(replay));
      replay.at(400, () =>
        replay.device('publisher').connect(replay.node('n3'), { protocolVersion: 4, cleanStart: true }),
      );
      for (let i = 0; i < 100; i++) {
        const name = `of-${i}`;
        replay.at(100, () => connect(replay, name));
        if (!connected.has(name)) replay.at(150, () => replay.device(name).close('normal'));
      }
    },
    note: (replay, note) => {
      if (!note.startsWith('published')) return;
      publishToAll(replay, replay.now < 2_224 ? 'before' : replay.now < 6_300 ? 'waiting_takeover' : 'after-move');
    },
    eventsFromMs: 10_600,
    events: ['connack', 'publish_received'],
  },
  {
    file: '06a-only-recipient-killed',
    setup: (replay) => connectPersistent(replay, 'ra', 100, 500),
    timings: { listenMs: 1_500 },
    // 40 of the 100 sessions were on the node that was killed.
    eventsFromMs: 75_000,
    anyClient: true,
    events: ['connack'],
  },
  {
    file: '07a-killed-in-evicting_conns-restarted',
    // Its own boot: HTTP answers between 9,953 and 10,113, the evacuation runs between 11,924 and 11,975; start 8,469.
    timings: { listenMs: 1_530, pluginsMs: 1_973 },
    leftOut: ({ path = '', t_ms }) =>
      t_ms > 27_000 && /\/(nodes|stats)$/.test(path)
        ? 'how many sessions went to which of two recipients is by chance'
        : undefined,
    setup: (replay) => {
      const logged = ['ka-0', 'ka-1', 'ka-2', 'ka-3'];
      connectPersistent(replay, 'ka', 60, 300, logged);
      // MQTT.js gave up on those that were refused: with the three logged ones 50 were back when the plugins ran.
      replay.at(10_200, () => {
        for (let i = 4; i < 51; i++) connect(replay, `ka-${i}`);
      });
    },
    eventsLeftOut: 'of the sixty clients four were logged, and which are evicted first is by chance',
    events: ['connack', 'refused', 'tcp-refused'],
  },
  {
    file: '13-delayed-will-and-takeover',
    nodeOrder: true,
    subscribe: (client) => (client === 'w13' ? 'w13/#' : undefined),
    will: (client) => {
      if (client === 'w13') return undefined;
      const delaySeconds = client === 'nodelay' ? 0 : 15;
      return { topic: `w13/${client}`, payload: text(`will of ${client}`), qos: 0, delaySeconds };
    },
    closedByClient: ({ t_ms }) => t_ms > 30_000,
    events: ['connack', 'refused', 'DISCONNECT_from_server', 'close', 'publish_received'],
  },
];

/** Those whose first message was not queued had it while they were connected. */
function connectedOf04b({ recording }: Replay): string[] {
  const queued = new Set(
    recording.mqtt.filter(({ payload }) => payload?.startsWith('before-')).map(({ client }) => client),
  );
  return Array.from({ length: 100 }, (_, i) => `of-${i}`).filter((name) => !queued.has(name));
}
