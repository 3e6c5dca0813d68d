import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AgentTransport } from '../../src/emqx';
import { connect, isKubeError, type KubeClient, type KubeObject, type ObjectRef } from '../../src/kubernetes';
import type { EmqxResource } from '../../src/resource';
import { Runner, type Told } from '../../src/runner';
import { type OpenSandbox, type OpenSandboxOptions, openSandbox } from '../../src/sandbox/open-sandbox';
import { SharedTime } from '../_shared-time';
import { describedAs, ENTERPRISE, type TestedGeneration } from './_generations';
import { type Properties, ProviderHost } from './_host';

export const ID = 'default/emqx-ee';

/** What the row shows when some devices are moved: at least ten, because a probe of each new node may count as one for a moment. */
export const MOVING = /^[1-9]\d+\/\d+ .* evacuating/;

/** A sandbox with clients, Pulumi's host beside it, and a way to look at what comes of it. */
export class Desk {
  private readonly closing = new AbortController();
  private readonly others: ProviderHost[] = [];
  private readonly runners: (() => Promise<void>)[] = [];

  private constructor(
    private readonly folder: string,
    private readonly time: SharedTime,
    readonly host: ProviderHost,
    private readonly sandbox: OpenSandbox,
    readonly api: KubeClient,
    /** Resolves when all clients are connected for the first time. */
    readonly connected: Promise<void>,
    /** Of the cluster that the tests are about. */
    readonly generation: TestedGeneration,
  ) {}

  static async open(
    options: Omit<OpenSandboxOptions, 'kubeconfigPath' | 'drive' | 'freePorts'>,
    generation = ENTERPRISE,
  ): Promise<Desk> {
    const time = await SharedTime.open();
    const folder = mkdtempSync(path.join(tmpdir(), 'pulumi-sandbox-'));
    const kubeconfig = path.join(folder, 'kubeconfig');
    let tell: () => void = () => undefined;
    const connected = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const { drive } = time;
    const sandbox = await openSandbox(
      { ...options, drive, freePorts: true, kubeconfigPath: kubeconfig },
      ({ kind }) => {
        if (kind === 'connected') tell();
      },
    );
    const host = await ProviderHost.start(time);
    return new Desk(folder, time, host, sandbox, await connect({ kubeconfig }), connected, generation);
  }

  get kubeconfig(): string {
    return path.join(this.folder, 'kubeconfig');
  }

  get server(): string {
    return this.sandbox.serverUrl;
  }

  /** The cluster, as a program describes it. */
  properties(version: string, more: Properties = {}): Properties {
    const { kubeconfig, generation } = this;
    return { ...describedAs(generation, version), kubeconfig, __progressRow: generation.row, ...more };
  }

  /** Its id in Pulumi. */
  get id(): string {
    return `default/${this.generation.name}`;
  }

  /** The cluster that runs already, taken over; what the state holds of it. */
  async adopted(more: Properties = {}): Promise<Properties> {
    await this.connected;
    return (await this.host.create(this.properties(this.generation.versions[0], { adopt: true, ...more }))).outputs;
  }

  /** A further host on the same sandbox, as a later command of the CLI starts it. */
  async anotherHost(): Promise<ProviderHost> {
    const host = await ProviderHost.start(this.time);
    this.others.push(host);
    return host;
  }

  resource(): Promise<EmqxResource & KubeObject> {
    return this.api.get(this.ref);
  }

  /** The custom resource; undefined where there is none. */
  existing(): Promise<KubeObject | undefined> {
    const { apiVersion, kind, name } = this.ref;
    return this.found(apiVersion, kind, name);
  }

  get ref(): ObjectRef {
    const { apiVersion, kind, name } = this.generation;
    return { apiVersion, kind, namespace: 'default', name };
  }

  lease(): Promise<Lease | undefined> {
    return this.found<Lease>('coordination.k8s.io/v1', 'Lease', this.generation.companion);
  }

  /** Somebody else upgrades the cluster: a process that lives, or one that has died just now. */
  async takeLease(holder: string, isAlive: boolean): Promise<void> {
    const { clock } = this.time;
    const ref = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };
    const named = { namespace: 'default', name: this.generation.companion };
    const now = () => new Date(clock.now()).toISOString().replace('Z', '000Z');
    const spec = { holderIdentity: holder, leaseDurationSeconds: 30, renewTime: now(), acquireTime: now() };
    await this.api.create({ ...ref, metadata: named, spec } as KubeObject);
    if (isAlive) void this.renewLease({ ...ref, ...named }, now).catch(() => undefined); // the desk is closed
  }

  /**
   * A runner in the cluster.
   *
   * @returns what it tells; and ends it, as SIGTERM does
   */
  async startRunner(policy = ''): Promise<{ told: Told[]; stop(): Promise<void> }> {
    const { api } = this;
    const { clock } = this.time;
    const map = { apiVersion: 'v1', kind: 'ConfigMap' };
    const metadata = { namespace: 'default', name: 'emqx-upgrade-runner' };
    await api.create({ ...map, metadata, data: { policy } } as KubeObject);
    const told: Told[] = [];
    const transport = (port: number) => new AgentTransport(api.pods, port);
    const runner = new Runner(
      { api, clock, transport, namespace: 'default', namespaces: [], holder: 'runner-1' },
      (one) => told.push(one),
    );
    const ending = new AbortController();
    const ended = runner.run(ending.signal);
    const stop = async () => {
      ending.abort();
      await ended;
    };
    this.runners.push(stop);
    return { told, stop };
  }

  private async renewLease(lease: ObjectRef, now: () => string): Promise<void> {
    for (;;) {
      await this.time.clock.sleep(10_000, this.closing.signal);
      await this.api.patch(lease, { type: 'merge', body: { spec: { renewTime: now() } } });
    }
  }

  async found<T extends KubeObject>(apiVersion: string, kind: string, name: string): Promise<T | undefined> {
    return this.api.get<T>({ apiVersion, kind, namespace: 'default', name }).catch((error: unknown) => {
      if (isKubeError(error, 'NotFound')) return undefined;
      throw error;
    });
  }

  async pods(): Promise<KubeObject[]> {
    return (await this.api.list({ apiVersion: 'v1', kind: 'Pod', namespace: 'default' })).items;
  }

  async close(): Promise<void> {
    this.closing.abort();
    await Promise.all(this.runners.map((stop) => stop()));
    this.api.close();
    await Promise.all([this.host, ...this.others].map((host) => host.stop()));
    await this.sandbox.stop();
    await this.time.close();
    rmSync(this.folder, { recursive: true });
  }
}

export interface Lease extends KubeObject {
  spec: { holderIdentity?: string | null };
}

/** What an operation was ended by. */
export async function failureOf(work: Promise<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not fail');
}
