import type { DurableStorage, Observation } from './observation';
import type { BalancingView, LicenseView } from './ports';
import type { UpgradeContext } from './upgrade-context';

/** What the nodes of EMQX 5 and 6 report of themselves before an upgrade. Each is undefined where no node answers it. */
export interface Emqx5Facts {
  license: LicenseView | undefined;
  /** What moves devices or sessions by itself. */
  balancing: readonly BalancingView[] | undefined;
  /** Empty without durable sessions. */
  storages: readonly DurableStorage[] | undefined;
  /** Durable sessions of offline devices in the whole cluster. */
  sleepers: number | undefined;
}

/** Asks one node of the cluster. Undefined for EMQX 4.4, and where none answers. */
export async function emqx5Facts(
  { members, durable }: Pick<UpgradeContext, 'members' | 'durable'>,
  observation: Observation,
  signal?: AbortSignal,
): Promise<Emqx5Facts | undefined> {
  const pod = [...observation.nodes.values()].find(({ unreachable }) => unreachable === undefined)?.pod;
  if (!members || pod === undefined) return undefined;
  const known = <T>(answer: Promise<T> | undefined): Promise<T | undefined> =>
    Promise.resolve(answer).catch(() => {
      signal?.throwIfAborted();
      return undefined;
    });
  const [license, balancing, storages, sleepers] = await Promise.all([
    known(members.license(pod, signal)),
    known(members.balancing(pod, signal)),
    known(durable?.storages(pod, signal)),
    known(durable?.disconnectedDurableSessions(pod, signal)),
  ]);
  return { license, balancing, storages, sleepers };
}
