import type { KubeObject } from '../src/kubernetes';
import { type EmqxEnterprise, KIND } from '../src/resource';
import { type Journal, type Phase, planUpgrade } from '../src/upgrade';
import { Cli } from './_cli';
import { type Engine, engineIn } from './_engine';
import { Fleet } from './_fleet';
import { KubeWorld } from './_kube-world';
import { kubectlApply } from './_lab';
import { lostPatience, patience, until } from './_until';
import { CLUSTER, manifests, SERVICE, type UpgradeClusterOptions } from './_upgrade-cluster';

export interface SiteOptions extends Partial<Omit<UpgradeClusterOptions, 'version'>> {
  clients: number;
  /** Service by which they enter. @default - the one for devices */
  service?: string;
}

/** A cluster of three nodes at rest, with its clients: in a namespace of its own on a real API server. */
export class Site {
  /** Aborts when all that is simulated ends, or nobody believes any more that its upgrade does. */
  readonly patience: AbortSignal;
  private readonly commands: Cli[] = [];
  private readonly engines: Engine[] = [];
  private readonly ended = new AbortController();

  private constructor(
    readonly namespace: string,
    readonly world: KubeWorld,
    readonly fleet: Fleet,
    private readonly options: UpgradeClusterOptions,
  ) {
    this.patience = AbortSignal.any([this.ended.signal, patience()]);
  }

  /** Disconnects and moved sessions per second, at most. */
  get rate(): number {
    return this.options.rate;
  }

  /** Sets one up, works with it, and ends what is simulated of it, whatever happens. */
  static with(namespace: string, options: SiteOptions, work: (site: Site) => Promise<void>): Promise<void> {
    return Site.withAll([namespace], options, (site) => work(site!));
  }

  /** The same with several that are alike, one in each namespace. */
  static async withAll(
    namespaces: readonly string[],
    options: SiteOptions,
    work: (...sites: Site[]) => Promise<void>,
  ): Promise<void> {
    const sites = await Promise.all(namespaces.map((namespace) => Site.begin(namespace, options)));
    try {
      await Promise.all(sites.map((site) => site.settle()));
      await Promise.race([work(...sites), lostPatience()]);
    } finally {
      await Promise.all(sites.map((site) => site.end()));
    }
  }

  private static async begin(namespace: string, { clients, service = SERVICE, ...rest }: SiteOptions): Promise<Site> {
    const options = { version: '4.4.14', rate: 100, initialDelaySeconds: 5, ...rest };
    const world = await KubeWorld.in(namespace);
    return new Site(namespace, world, new Fleet(world, service, clients), options);
  }

  /** The manifests of the cluster in another version. */
  upgraded(version = '4.4.15'): KubeObject[] {
    return manifests(this.namespace, { ...this.options, version });
  }

  /** The custom resource in another version. */
  desired(version?: string): EmqxEnterprise {
    return this.upgraded(version).find(({ kind }) => kind === KIND) as EmqxEnterprise;
  }

  /** Begins to upgrade it by the command line, or goes on with that. */
  upgrade(...args: readonly string[]): Cli {
    const command = new Cli(this.namespace, ['upgrade', '--set-version', '4.4.15', '--yes', ...args]);
    this.commands.push(command);
    return command;
  }

  /** An engine in this process, which upgrades it. */
  async engine(): Promise<Engine> {
    const engine = await engineIn(this.namespace, 'lane');
    this.engines.push(engine);
    return engine;
  }

  /** Resolves when an upgrade has reached a phase. @throws Error when a command ends before */
  async reached(phase: Phase): Promise<void> {
    const early = this.commands.map(async ({ ended }) => {
      const { code, output } = await ended;
      throw new Error(`ended with ${code} before phase ${phase}: ${output}`);
    });
    await Promise.race([this.isIn(phase), ...early]);
  }

  /** Resolves when nobody holds the lease any more. */
  async free(): Promise<void> {
    await this.look((engine) =>
      until('the lease to be free', async () => !(await engine.cluster.observe()).lease?.live),
    );
  }

  /** Looks at the cluster as the engine does. */
  async look<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
    const engine = await engineIn(this.namespace, 'onlooker');
    try {
      return await work(engine);
    } finally {
      engine.close();
    }
  }

  private async isIn(phase: Phase): Promise<void> {
    const query = { apiVersion: 'v1', kind: 'ConfigMap', namespace: this.namespace, name: `${CLUSTER}-upgrade` };
    type Page = KubeObject & { data?: { 'journal.json'?: string } };
    for await (const { object } of this.world.api.watch<Page>(query, {}, this.patience)) {
      const journal = JSON.parse(object.data?.['journal.json'] ?? '{}') as Journal;
      if (journal.phase === phase) return;
    }
    throw new Error(`waited in vain for phase ${phase}`);
  }

  /** Resolves when the clients are connected, the nodes have counted them, and nothing stands against an upgrade. */
  private async settle(): Promise<void> {
    const { clients, devices } = this.fleet;
    await kubectlApply(manifests(this.namespace, this.options));
    await this.fleet.connect();
    await this.look((engine) =>
      until('the cluster to be ready for an upgrade', async () => {
        const { connections, offlineSessions, checks } = await planUpgrade(engine, { desired: this.desired() });
        const isCounted = connections === clients && offlineSessions === devices;
        return isCounted && checks.every(({ status }) => status !== 'blocker');
      }),
    );
  }

  private async end(): Promise<void> {
    this.ended.abort(new Error('the test has ended'));
    for (const command of this.commands) command.kill();
    for (const engine of this.engines) engine.close();
    await this.world.end();
  }
}
