import { parser } from 'mqtt-packet';
import { TransportError } from '../../../../src/emqx/transport';
import { SimulatedClock } from '../../../../src/simulator/clock';
import { EmqxCluster } from '../../../../src/simulator/emqx/cluster';
import type { DurableOptions } from '../../../../src/simulator/emqx/durable/durable-storage';
import type { DataDir } from '../../../../src/simulator/emqx/evacuation';
import type { EmqxNode } from '../../../../src/simulator/emqx/node';
import type { NodeTimings } from '../../../../src/simulator/emqx/node-options';
import type { ConnectRequest, Will } from '../../../../src/simulator/emqx/types';
import { Random } from '../../../../src/simulator/random';
import { Device, type Seen } from './device';
import type { MqttEvent, Recording, Step } from './recording';

/** The nodes run for this long before a recording begins. */
const LEAD_MS = 30_000;
/** How long the recorder held a hand-made connection that was accepted. */
export const RAW_HELD_MS = 20;

/** What the answer to a step was. */
export type Answer = { status: number; body: string; headers: Readonly<Record<string, string>> } | 'ECONNREFUSED';

/** A sampled answer. */
export interface Sampled {
  t: number;
  status: number;
  body: string;
}

/** What a scenario does that its recording does not tell by events. */
export interface Scenario {
  file: string;
  /** Topic filter of a client. */
  subscribe?: (client: string) => string | undefined;
  will?: (client: string) => Will | undefined;
  /** More actions. */
  setup?: (replay: Replay) => void;
  /** Actions told by a note. */
  note?: (replay: Replay, note: string) => void;
  /** Whether a recorded end of a connection was the client's own doing. */
  closedByClient?: (event: MqttEvent) => boolean;
  timings?: Partial<NodeTimings>;
  /** @default '4.4.12', of the open build */
  version?: string;
  durableSessions?: DurableOptions;
  /** What is on the volume of a node at the beginning. */
  dataDirs?: Record<string, DataDir>;
  /** How much later a node boots, by its key: that decides at which moments it counts the sleepers. @default 0 */
  phasesMs?: Record<string, number>;
  /** In which order the nodes boot, by their keys. @default - that of the recording */
  bootOrder?: readonly string[];
}

/** One run of a recorded scenario on simulated nodes. */
export class Replay {
  readonly clock = new SimulatedClock(0);
  readonly seen: Seen[] = [];
  readonly answers = new Map<Step, Answer>();
  readonly files = new Map<Step, string | undefined>();
  private readonly cluster: EmqxCluster;
  private readonly nodes = new Map<string, EmqxNode>();
  private readonly devices = new Map<string, Device>();

  /**
   * @param shiftMs how much later (or earlier) than recorded the reads are made; nothing else is shifted
   * @param phaseMs how much later the nodes are booted, which shifts the moments at which they refresh `/stats`
   */
  constructor(
    readonly recording: Recording,
    private readonly scenario: Scenario,
    private readonly shiftMs: number,
    phaseMs: number,
    seed: number,
  ) {
    const { version = '4.4.12', timings = {}, durableSessions, dataDirs, bootOrder } = scenario;
    const profile = version.startsWith('4.') ? 'open-4.4' : 'enterprise';
    const clock = this.clock;
    this.cluster = new EmqxCluster({
      clock,
      random: new Random(seed),
      profile,
      ...(durableSessions ? { durableSessions } : {}),
    });
    for (const key of bootOrder ?? Object.keys(recording.nodes)) {
      const credentials = (id: string, secret: string) => id === 'admin' && secret === 'public';
      const name = recording.nodes[key]!;
      const dataDir = { ...dataDirs?.[key] };
      const node = this.cluster.addNode({ name, version, credentials, timings, dataDir });
      this.nodes.set(key, node);
      this.clock.schedule(phaseMs + (scenario.phasesMs?.[key] ?? 0), () => node.boot());
    }
  }

  get now(): number {
    return this.clock.now() - LEAD_MS;
  }

  node(key: string): EmqxNode {
    const node = this.nodes.get(key);
    if (!node) throw new Error(`no node ${key}`);
    return node;
  }

  at(tMs: number, run: () => void): void {
    this.clock.schedule(LEAD_MS + tMs - this.clock.now(), run);
  }

  device(name: string): Device {
    const known = this.devices.get(name);
    if (known) return known;
    const subscribe = this.scenario.subscribe?.(name);
    const will = this.scenario.will?.(name);
    const options = { ...(subscribe ? { subscribe } : {}), ...(will ? { will } : {}) };
    const device = new Device(name, (seen) => this.seen.push({ t_ms: this.now, client: name, ...seen }), options);
    this.devices.set(name, device);
    return device;
  }

  async run(): Promise<void> {
    for (const event of this.recording.mqtt) this.follow(event);
    this.scenario.setup?.(this);
    const end = Math.max(
      ...this.recording.steps.map(({ t_ms }) => t_ms),
      ...this.recording.mqtt.map(({ t_ms }) => t_ms),
    );
    for (const step of this.recording.steps) this.take(step);
    await this.clock.advance(LEAD_MS + end + 5_000);
  }

  /** Asks a node for a path again and again; returns the answers that differ from the one before, filled in by `run`. */
  sample(key: string, path: string, everyMs: number, untilMs: number): Sampled[] {
    const sampled: Sampled[] = [];
    const headers = { authorization: authorizationOf({ t_ms: 0, auth: 'Basic' })! };
    for (let t = 0; t <= untilMs; t += everyMs) {
      this.at(t, () => {
        const node = this.node(key);
        const answer = node.isListening ? node.handle({ method: 'GET', path, headers }) : undefined;
        if (answer === undefined || answer instanceof Promise || answer.body === sampled.at(-1)?.body) return;
        sampled.push({ t, status: answer.status, body: answer.body });
      });
    }
    return sampled;
  }

  private take(step: Step): void {
    const { note = '' } = step;
    const isRead = step.method === 'GET' || step.exists !== undefined;
    this.at(step.t_ms + (isRead ? this.shiftMs : 0), () => {
      if (step.method) this.request(step);
      else if (note.startsWith('killnode')) this.node(note.slice(-2)).kill();
      else if (note.startsWith('startnode')) this.node(note.slice(-2)).boot();
      else if (note.startsWith('file')) this.files.set(step, this.node(note.slice(-2)).dataDir.evacuation);
      else this.scenario.note?.(this, note);
    });
  }

  private request(step: Step): void {
    const { method = '', path = '', req_headers = {}, req_body: body, via_node = '' } = step;
    const authorization = authorizationOf(step);
    const headers = { ...req_headers, ...(authorization ? { authorization } : {}) };
    try {
      const answer = this.node(via_node).handle({ method, path, headers, ...(body === undefined ? {} : { body }) });
      if (answer instanceof Promise) {
        answer.then((late) => this.answers.set(step, late)).catch(() => undefined);
      } else this.answers.set(step, answer);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      this.answers.set(step, 'ECONNREFUSED');
    }
  }

  /** Lets a device do what the recorded one did; what the node did comes by itself, or not. */
  private follow(event: MqttEvent): void {
    const device = this.device(event.client);
    const { ver, clean, expiry, type, t_ms } = event;
    const request: Omit<ConnectRequest, 'clientId'> = {
      protocolVersion: ver,
      cleanStart: clean,
      ...(expiry === undefined ? {} : { sessionExpirySeconds: expiry }),
    };
    if (event.raw) this.followRaw(event, device);
    else if (type === 'connack' || type === 'error')
      this.at(t_ms, () => device.connect(this.node(event.node), request));
    else if (type === 'close' && this.scenario.closedByClient?.(event)) this.at(t_ms, () => device.close());
  }

  /** The time of a hand-made CONNECT is that of its end. */
  private followRaw(event: MqttEvent, device: Device): void {
    const received = event.rx?.at(-1)?.dt ?? 0;
    const request = decodeConnect(event);
    const openedAt = event.t_ms - (event.close_dt ?? received + RAW_HELD_MS);
    this.at(openedAt, () => device.connect(this.node(event.node), request));
    if (event.close_dt === undefined) this.at(event.t_ms, () => device.close());
  }
}

/** What the bytes say; a refused socket has none, and its protocol is told by the event. */
function decodeConnect({ tx, ver, clean }: MqttEvent): Omit<ConnectRequest, 'clientId'> {
  if (!tx) return { protocolVersion: ver, cleanStart: clean };
  let expiry: number | undefined;
  let cleanStart = clean;
  const reader = parser();
  reader.on('packet', (packet) => {
    if (packet.cmd !== 'connect') return;
    expiry = packet.properties?.sessionExpiryInterval;
    cleanStart = packet.clean ?? clean;
  });
  reader.parse(Buffer.from(tx, 'hex'));
  return { protocolVersion: ver, cleanStart, ...(expiry === undefined ? {} : { sessionExpirySeconds: expiry }) };
}

/** The recordings tell the kind of credentials, and by a note which they were. */
function authorizationOf({ auth, note = '', status }: Step): string | undefined {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  if (!auth) return undefined;
  if (auth.includes(' ')) return auth;
  if (auth !== 'Basic') return `${auth} x`;
  if (note === 'unknown app id') return basic('nobody:public');
  if (note === 'garbage basic') return 'Basic !!!';
  return status === 401 ? basic('admin:wrong') : basic('admin:public');
}
