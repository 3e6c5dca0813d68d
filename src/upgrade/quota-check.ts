import { canonicalQuantity, type EmqxEnterprise, nanosOf } from '../resource';
import { byNames, type Fields, isFields } from '../resource/by-names';
import { blocker, type Finding, ok, warning } from './check';
import type { SetView } from './observation';
import type { QuotaView } from './ports';

/**
 * Whether the quotas of the namespace have room for as many nodes again.
 *
 * @param quotas undefined without the right to read them.
 * @param blue the running set; without it nothing is known about its pods.
 */
export function quotaCheck(
  quotas: readonly QuotaView[] | undefined,
  { spec }: EmqxEnterprise,
  blue: SetView | undefined,
): Finding {
  if (quotas === undefined) {
    return warning(
      'the quotas of the namespace cannot be read: whether there is room for twice the nodes is unknown',
      'make sure that there is; with the right to list resourcequotas this is checked',
    );
  }
  if (quotas.length === 0 || !blue) return undefined;
  const needed = neededBy(spec, blue);
  const short = quotas.flatMap(({ name, hard, used }) =>
    Object.entries(hard).flatMap(([resource, most]): string[] => {
      const now = used[resource] ?? '0';
      const more = needed.get(SAME[resource] ?? resource) ?? 0n;
      const [limit, taken] = [nanosOf(most), nanosOf(now)];
      if (limit === undefined || taken === undefined || more === 0n || taken + more <= limit) return [];
      return [`${name}: ${resource} ${now} of ${most} in use, and ${shown(more)} more needed`];
    }),
  );
  if (short.length === 0) return ok(`room for twice the nodes in ${quotas.map(({ name }) => name).join(', ')}`);
  return blocker(
    `the quotas have no room for the new nodes: ${short.join('; ')}`,
    'raise them for the duration of the upgrade: both sets of nodes run side by side',
  );
}

/** A mebibyte, in billionths of a byte. */
const MEBIBYTE = 2n ** 20n * 10n ** 9n;

/** Memory in common units. */
function shown(nanos: bigint): unknown {
  return canonicalQuantity(nanos % MEBIBYTE === 0n ? `${nanos / MEBIBYTE}Mi` : `${nanos}n`);
}

/** Other names of what a quota counts. */
const SAME: Readonly<Record<string, string>> = {
  cpu: 'requests.cpu',
  memory: 'requests.memory',
  'count/pods': 'pods',
  'count/persistentvolumeclaims': 'persistentvolumeclaims',
};

/** What the new nodes use of a quota, in billionths. */
function neededBy({ template, persistent }: EmqxEnterprise['spec'], { podTemplate, replicas }: SetView) {
  const needed = new Map<string, bigint>();
  const add = (what: string, each: unknown, times = replicas) => {
    const sum = (needed.get(what) ?? 0n) + (nanosOf(each) ?? 0n) * BigInt(times);
    needed.set(what, sum);
  };
  add('pods', 1);
  add('count/statefulsets.apps', 1, 1);
  if (persistent) {
    add('persistentvolumeclaims', 1);
    const { requests = {} } = (persistent.spec['resources'] ?? {}) as { requests?: Fields };
    add('requests.storage', requests['storage']);
  }
  // The other containers are those the operator also creates for the running nodes.
  const { spec } = (byNames(podTemplate) ?? {}) as { spec?: { containers?: Fields } };
  for (const [name, container] of Object.entries(spec?.containers ?? {})) {
    const resources =
      name === 'emqx' ? template?.spec?.emqxContainer?.resources : isFields(container) && container['resources'];
    const { requests = {}, limits = {} } = (resources || {}) as { requests?: Fields; limits?: Fields };
    // A missing request defaults to the limit.
    for (const [of, amount] of Object.entries({ ...limits, ...requests })) add(`requests.${of}`, amount);
    for (const [of, amount] of Object.entries(limits)) add(`limits.${of}`, amount);
  }
  return needed;
}
