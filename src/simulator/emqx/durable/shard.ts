/** A replica that is to come or to go. */
export interface Transition {
  readonly site: string;
  readonly kind: 'joining' | 'leaving';
}

/** One shard of a storage: which sites hold it, and which are to. */
export class Shard {
  replicas: readonly string[] = [];
  /** What `replicas` is to become; undefined while nothing is to change. */
  target: readonly string[] | undefined;

  /** @param isUp whether the node of a site runs */
  constructor(
    readonly storage: string,
    readonly id: string,
    private readonly isUp: (site: string) => boolean,
  ) {}

  /**
   * Whether it can be written and read: a majority of its replicas runs. Measured with one replica; that two of three do is how the
   * replication (Raft) works.
   */
  get isAvailable(): boolean {
    const { replicas } = this;
    return replicas.filter((site) => this.isUp(site)).length * 2 > replicas.length;
  }

  get transitions(): readonly Transition[] {
    const { replicas, target } = this;
    if (!target) return [];
    return [
      ...target.filter((site) => !replicas.includes(site)).map((site) => ({ site, kind: 'joining' }) as const),
      ...replicas.filter((site) => !target.includes(site)).map((site) => ({ site, kind: 'leaving' }) as const),
    ];
  }

  /** Sets what it is to become. */
  retarget(sites: readonly string[]): void {
    this.target = sites;
    if (this.transitions.length === 0) this.settle();
  }

  /** Whether its replicas can be changed now: what it holds can be read, and who is to get it runs. */
  get canMove(): boolean {
    return this.isAvailable && this.transitions.every(({ site, kind }) => kind === 'leaving' || this.isUp(site));
  }

  /** The change of its replicas is done. */
  settle(): void {
    this.replicas = this.target ?? this.replicas;
    this.target = undefined;
  }
}
