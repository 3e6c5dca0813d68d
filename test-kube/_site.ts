import type { KubeObject } from '../src/kubernetes';
import { type EmqxEnterprise, type EmqxResource, generationOf } from '../src/resource';
import { type Journal, type Phase, planUpgrade } from '../src/upgrade';
import { Cli } from './_cli';
import { type Engine, engineIn } from './_engine';
import { Fleet } from './_fleet';
import { KubeWorld } from './_kube-world';
import { kubectlApply } from './_lab';
import { lostPatience, patience, until } from './_until';
import { EMQX_4, type Target, type UpgradeClusterOptions } from './_upgrade-cluster';

export interface SiteOptions extends Partial<Omit<UpgradeClusterOptions, 'version'>> {
  clients: number;
  /** Service by which they enter. @default - the one for devices */
  service?: string;
  /** The cluster. @default - three nodes of EMQX 4.4 */
  target?: Target;
}

/** A cluster at rest, with its clients: in a namespace of its own on a real API server. */
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
    readonly target: Target,
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

  private static async begin(namespace: string, given: SiteOptions): Promise<Site> {
    const { clients, target = EMQX_4, service = target.service, ...rest } = given;
    const options = { version: target.from, rate: 100, initialDelaySeconds: 5, ...rest };
    const world = await KubeWorld.in(namespace);
    return new Site(namespace, world, new Fleet(world, target, service, clients), target, options);
  }

  /** The manifests of the cluster in another version. */
  upgraded(version = this.target.to): KubeObject[] {
    return this.target.manifests(this.namespace, { ...this.options, version });
  }

  /** The custom resource in another version. */
  desired<T extends EmqxResource = EmqxEnterprise>(version?: string): T {
    return this.upgraded(version).find(({ kind }) => kind === this.target.kind) as T & KubeObject;
  }

  /** Begins to upgrade it by the command line, or goes on with that. */
  upgrade(...args: readonly string[]): Cli {
    const command = this.command('upgrade', '--set-version', this.target.to, '--yes', ...args);
    this.commands.push(command);
    return command;
  }

  /** Another command of the command line, which names the cluster. */
  command(...args: readonly string[]): Cli {
    return new Cli(this.namespace, this.target.word, args);
  }

  /** An engine in this process, which upgrades it. */
  async engine(): Promise<Engine> {
    const engine = await engineIn(this.namespace, this.target, 'lane');
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
    const engine = await engineIn(this.namespace, this.target, 'onlooker');
    try {
      return await work(engine);
    } finally {
      engine.close();
    }
  }

  private async isIn(phase: Phase): Promise<void> {
    const { namespace, target } = this;
    const name = generationOf(target).companionOf(target.name);
    const query = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name };
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
    await kubectlApply(this.target.manifests(this.namespace, this.options));
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
