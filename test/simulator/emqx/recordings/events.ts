import { parser } from 'mqtt-packet';
import type { MqttEvent, Recording } from './recording';
import { RAW_HELD_MS, type Replay } from './replay';
import type { ComparedScenario } from './scenarios';

interface SeenEvent {
  t_ms: number;
  client: string;
  type: string;
  reasonCode?: number | undefined;
  sessionPresent?: boolean | undefined;
  serverReference?: string | undefined;
  topic?: string | undefined;
  payload?: string | undefined;
}

/** Per kind of event: as many, by the same clients, and at the same times but for the tolerance. */
export function compareEvents(recording: Recording, scenario: ComparedScenario, replay: Replay, toleranceMs: number) {
  const all = recording.mqtt.flatMap((event) => eventsOf(event));
  const skipped = new Map<string, number>();
  for (const { type } of all.filter((event) => !(scenario.events as readonly string[]).includes(event.type))) {
    const reason = `events ${type}: ${scenario.eventsLeftOut ?? 'the end of the recording'}`;
    skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
  }
  const wrong: string[] = [];
  let count = 0;
  // Of hand-made clients the end is not told.
  const logged = new Set(
    recording.mqtt.flatMap(({ client, raw }) => [`${client} false`, ...(raw ? [] : [`${client} true`])]),
  );
  for (const type of scenario.events) {
    const recorded = all.filter((event) => event.type === type);
    const simulated = replay.seen
      .filter((event) => event.t_ms >= (scenario.eventsFromMs ?? 0))
      .filter((event) => event.type === type && logged.has(`${event.client} ${type === 'close'}`));
    count += recorded.length;
    const what = (event: SeenEvent) => {
      const { t_ms, client, serverReference, ...rest } = event;
      // MQTT.js does not tell the server reference of a refusal; hand-made clients do.
      const told =
        type === 'refused' && recording.mqtt.some((other) => other.client === client && !other.raw)
          ? {}
          : { serverReference };
      return `${scenario.anyClient ? '' : client} ${JSON.stringify({ ...rest, ...told })}`;
    };
    const [left, right] = [recorded.map(what).sort(), simulated.map(what).sort()];
    if (JSON.stringify(left) !== JSON.stringify(right)) {
      const missing = left.filter((item) => !right.includes(item)).slice(0, 5);
      const more = right.filter((item) => !left.includes(item)).slice(0, 5);
      wrong.push(`${type}: recorded ${left.length}, simulated ${right.length}; missing ${missing}; more ${more}`);
    }
    const [times, simulatedTimes] = [recorded, simulated].map((events) =>
      events.map(({ t_ms }) => t_ms).sort((a, b) => a - b),
    );
    const late = times!.findIndex((t, index) => Math.abs(t - (simulatedTimes![index] ?? 0)) > toleranceMs);
    if (late >= 0 && !scenario.untimed?.includes(type))
      wrong.push(`${type} number ${late}: recorded at ${times![late]}, simulated at ${simulatedTimes![late]}`);
  }
  return { wrong, count, skipped };
}

/** A recorded event in the words of the simulated devices. */
function eventsOf(event: MqttEvent): SeenEvent[] {
  const { t_ms, client, type, sessionPresent, reasonCode, properties, topic, payload } = event;
  const base = { t_ms, client };
  if (event.raw) return rawEvents(event);
  if (type === 'connack') return [{ ...base, type, reasonCode, sessionPresent }];
  if (type === 'DISCONNECT_from_server')
    return [{ ...base, type, reasonCode, serverReference: properties?.serverReference }];
  if (type === 'publish_received') return [{ ...base, type, topic, payload }];
  if (type === 'close') return [{ ...base, type }];
  if (type === 'error' && event.message?.includes('ECONNREFUSED')) return [{ ...base, type: 'tcp-refused' }];
  if (type === 'error' && event.code !== undefined) return [{ ...base, type: 'refused', reasonCode: event.code }];
  return [];
}

/** What a hand-made client received, packet by packet. */
function rawEvents({ t_ms, client, ver, rx = [], close_dt, sock_error }: MqttEvent): SeenEvent[] {
  const held = close_dt ?? (rx.at(-1)?.dt ?? 0) + RAW_HELD_MS;
  if (sock_error) return [{ t_ms: t_ms - held, client, type: 'tcp-refused' }];
  const seen: SeenEvent[] = [];
  for (const { dt, hex } of rx) {
    const base = { t_ms: t_ms - held + dt, client };
    const reader = parser({ protocolVersion: ver });
    reader.on('packet', (packet) => {
      if (packet.cmd !== 'connack' && packet.cmd !== 'disconnect') return;
      const reasonCode = packet.reasonCode ?? (packet.cmd === 'connack' ? packet.returnCode : undefined);
      const { serverReference } = packet.properties ?? {};
      if (packet.cmd === 'disconnect')
        seen.push({ ...base, type: 'DISCONNECT_from_server', reasonCode, serverReference });
      else if (reasonCode === 0)
        seen.push({ ...base, type: 'connack', reasonCode, sessionPresent: packet.sessionPresent });
      else seen.push({ ...base, type: 'refused', reasonCode, serverReference });
    });
    reader.parse(Buffer.from(hex, 'hex'));
  }
  return seen;
}
