import type { KubeObject } from '../src/kubernetes';
import { API_VERSION, type EmqxEnterprise, isHeld, KIND } from '../src/resource';
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
  private readonly commands: Cli[] = [];

  private constructor(
    readonly namespace: string,
    readonly world: KubeWorld,
    readonly fleet: Fleet,
    private readonly options: UpgradeClusterOptions,
  ) {}

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

  /** Resolves with the journal of an upgrade as soon as it has reached a phase. */
  async reached(phase: Phase): Promise<Journal> {
    const query = { apiVersion: 'v1', kind: 'ConfigMap', namespace: this.namespace, name: `${CLUSTER}-upgrade` };
    type Page = KubeObject & { data?: { 'journal.json'?: string } };
    for await (const { object } of this.world.api.watch<Page>(query, {}, patience())) {
      const journal = JSON.parse(object.data?.['journal.json'] ?? '{}') as Journal;
      if (journal.phase === phase) return journal;
    }
    throw new Error(`waited in vain for phase ${phase}`);
  }

  /** Resolves when nobody holds the lease any more. */
  async free(): Promise<void> {
    await this.look((engine) =>
      until('the lease to be free', async () => !(await engine.cluster.observe()).lease?.live),
    );
  }

  /** Resolves when somebody has let go of the operator and it is held again: for how many milliseconds it was not. */
  async released(): Promise<number> {
    const query = { apiVersion: API_VERSION, kind: KIND, namespace: this.namespace };
    let since: number | undefined;
    for await (const { object } of this.world.api.watch<EmqxEnterprise & KubeObject>(query, {}, patience())) {
      if (!isHeld(object)) since ??= performance.now();
      else if (since !== undefined) return performance.now() - since;
    }
    throw new Error('waited in vain for the operator to be held again');
  }

  /** What is left of an upgrade that has ended. */
  remains() {
    return this.look(async ({ cluster }) => {
      const { resource, sets, pods, traffic, lease, journal } = await cluster.observe();
      return {
        version: resource.spec.template?.spec?.emqxContainer?.image?.version,
        initialDelaySeconds: resource.spec.blueGreenUpdate?.initialDelaySeconds,
        condition: resource.status?.conditions?.[0]?.type,
        operatorUpgrades: resource.status?.blueGreenUpdateStatus !== undefined,
        setSizes: sets.map(({ replicas, readyReplicas }) => [replicas, readyReplicas]).sort(),
        pods: pods.length,
        trafficIsPinned: traffic.some(({ revision }) => revision !== undefined),
        lease: lease?.holder,
        phase: journal?.phase,
      };
    });
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
    for (const command of this.commands) command.kill();
    await this.world.end();
  }

  private async look<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
    const engine = await engineIn(this.namespace, 'onlooker');
    try {
      return await work(engine);
    } finally {
      engine.close();
    }
  }
}

/** What is left of an upgrade that went well. */
export const AT_REST: Awaited<ReturnType<Site['remains']>> = {
  version: '4.4.15',
  initialDelaySeconds: 5,
  condition: 'Running',
  operatorUpgrades: false,
  setSizes: [
    [0, 0],
    [3, 3],
  ],
  pods: 3,
  trafficIsPinned: false,
  lease: undefined,
  phase: 'done',
};
