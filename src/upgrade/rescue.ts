import { generationOf, isHeld, isHold, versionOf } from '../resource';
import { controlUpgrade } from './control-upgrade';
import { UpgradeError } from './errors';
import { extraSetsOf, extraSetsText, supersedingJournal } from './extra-sets';
import { inspect } from './inspect';
import { isOpen } from './journal';
import { newJournal } from './new-journal';
import {
  activeSets,
  blueOf,
  type ClusterView,
  nodesOf,
  type Observation,
  operatorReportOf,
  replicasOf,
} from './observation';
import { isTemplateForeign, noWayBack, openRunAdvice } from './open-run';
import { continueRun, runFrom } from './run';
import { isGreenWanted, isNative, isWaiting, wantedOf } from './second-set';
import { runningVersion } from './served-version';
import { setWord } from './set-word';
import { setsOf } from './stages';
import { liveDigestOf, type Target } from './target';
import type { UpgradeContext } from './upgrade-context';

/** A problem that keeps a cluster stuck, without a run of this program or after an interrupted one. */
export interface Trouble {
  id: TroubleId;
  /** What was found. */
  found: string;
  /** What {@link rescue} would do; absent where no cure is proven. */
  cure?: string;
  /** What to do by hand, where there is no cure. */
  advice?: string;
}

export type TroubleId =
  | 'run-left'
  | 'extra-sets'
  | 'template-set-back'
  | 'replicas-changed'
  | 'strategy-removed'
  | 'hold-left'
  | 'nodes-refuse';

/** What is wrong with a cluster. Writes nothing. */
export async function troublesOf(context: UpgradeContext, signal?: AbortSignal): Promise<Trouble[]> {
  const { observation } = await inspect(context, undefined, signal);
  return Object.values(FINDERS).flatMap((find) => find(observation) ?? []);
}

/**
 * Cures one trouble.
 *
 * @throws UpgradeError `NO_CURE` when the cluster no longer has it, or no cure is proven; or as `runUpgrade` does.
 */
export async function rescue(context: UpgradeContext, id: TroubleId, signal?: AbortSignal): Promise<void> {
  const { observation, target } = await inspect(context, undefined, signal);
  const trouble = FINDERS[id](observation);
  if (!trouble?.cure) {
    throw new UpgradeError('NO_CURE', trouble?.found ?? 'the problem is gone', trouble?.advice ?? 'check again');
  }
  const { cluster, emqx } = context;
  switch (id) {
    case 'run-left':
      if (isBack(observation.cluster)) await controlUpgrade(context, { do: 'abort' }, signal);
      else await continueRun(context, undefined, signal);
      return;
    case 'extra-sets': {
      const extra = extraSetsOf(observation.cluster)!;
      await runFrom(context, observation, supersedingJournal(observation, target, extra), signal);
      return;
    }
    case 'template-set-back':
      await runFrom(context, observation, fixFor(observation, target), signal);
      return;
    case 'hold-left': {
      const { resource, resourceVersion, journal } = observation.cluster;
      const spec = generationOf(resource).delayPatch(journal!.delay.after);
      await cluster.patchResource({ spec, ifVersion: resourceVersion }, signal);
      return;
    }
    case 'nodes-refuse':
      for (const { pod, node } of refusing(observation)) await emqx.stopEvacuation(pod, node, signal);
      return;
    case 'replicas-changed':
    case 'strategy-removed':
  }
}

type Finder = (observation: Observation) => Trouble | undefined;

const FINDERS: Record<TroubleId, Finder> = {
  'run-left'({ cluster }) {
    const { journal, lease } = cluster;
    if (!isOpen(journal) || lease?.live || extraSetsOf(cluster)) return undefined;
    const found = `a run to version ${journal.to.version} was left in phase "${journal.phase}", and no process drives it`;
    if (isBack(cluster)) {
      const again = `${found}; the operator wants the old nodes again`;
      return { id: 'run-left', found: again, cure: 'roll it back, as with abort' };
    }
    const { templateFields } = generationOf(cluster.resource);
    if (isTemplateForeign(cluster, journal) && !operatorReportOf(cluster).wanted) {
      const changed = `${found}; ${templateFields} was changed since`;
      return { id: 'run-left', found: changed, advice: openRunAdvice(cluster, journal) };
    }
    if (isTemplateForeign(cluster, journal)) {
      const changed = `${found}; ${templateFields} was changed since, and the operator has built nothing for it yet`;
      const advice = 'run rescue again in some seconds; if that does not change, check that the operator runs';
      return { id: 'run-left', found: changed, advice };
    }
    const back = noWayBack(cluster, journal) === undefined ? ' (to roll back instead: abort)' : '';
    return { id: 'run-left', found, cure: `resume it to its end${back}` };
  },

  'extra-sets'(observation) {
    const { cluster } = observation;
    const extra = extraSetsOf(cluster);
    if (!extra || cluster.lease?.live) return undefined;
    const cap = isOpen(cluster.journal) ? ` of ${cluster.journal.connectionCap}/s` : '';
    const names = extra.old.map(({ name }) => name).join(', ');
    return {
      id: 'extra-sets',
      found: extraSetsText(observation, extra),
      cure: `hold the operator, move the devices of ${names} to the set that it wants, at the cap${cap}; scale the emptied sets to 0, restore the delay`,
    };
  },

  'template-set-back'({ cluster }) {
    if (isOpen(cluster.journal) || !(isNative(cluster) || isWaiting(cluster)) || isGreenWanted(cluster))
      return undefined;
    // Held, it drains none, whichever it takes for old.
    if (isNative(cluster) && reversedOrigin(cluster)) return undefined;
    const { resource } = cluster;
    const { delayPath, templateFields } = generationOf(resource);
    const nouns = `${setWord(cluster)}s`;
    const blue = blueOf(cluster);
    const [others, version] = [activeSets(cluster).filter((set) => set !== blue), versionOf(resource)];
    const found = `${templateFields} was set back to version ${version} in the middle of an upgrade: the operator keeps draining the old nodes, and never finishes`;
    if (wantedOf(cluster) !== 'blue' || replicasOf(cluster) === 0) {
      return {
        id: 'template-set-back',
        found: `two ${nouns} have replicas, and it is unknown which of them the template describes`,
        advice: `hold the operator (${delayPath}: 2000000000), find out which set has its template, and scale the other one to 0 once no device is connected there`,
      };
    }
    return {
      id: 'template-set-back',
      found,
      cure: `hold the operator, route devices to ${blue?.name} again, move those on ${others.map(({ name }) => name).join()} back at the cap, scale that set to 0, release the operator`,
    };
  },

  'replicas-changed'({ cluster }) {
    const origin = reversedOrigin(cluster);
    if (isOpen(cluster.journal) || !isNative(cluster) || !origin) return undefined;
    return {
      id: 'replicas-changed',
      found: `replicas were changed to ${replicasOf(cluster)} in the middle of an upgrade: the operator mistakes the new nodes (${origin}) for old ones, and drains them`,
      advice:
        'no cure is proven. Hold the operator (initialDelaySeconds: 2000000000) so that it removes nothing more, set replicas back to its old value, and check both stateful sets before you continue',
    };
  },

  'strategy-removed'({ cluster }) {
    const { strategyOf, strategyPath } = generationOf(cluster.resource);
    if (strategyOf(cluster.resource) || activeSets(cluster).length < 2) return undefined;
    return {
      id: 'strategy-removed',
      found: `${strategyPath} was removed while two stateful sets have replicas: the operator crashes repeatedly, and no longer manages any cluster`,
      advice: `restore ${strategyPath} as it was, with initialDelaySeconds: 2000000000 so that nothing is removed; then an upgrade to the version of the template takes it over`,
    };
  },

  'hold-left'({ cluster }) {
    const { resource, journal, keptInitialDelaySeconds } = cluster;
    const delay = journal?.delay.after;
    const atRest = isHeld(resource) && activeSets(cluster).length === 1 && !isOpen(journal);
    // An owner that wants it held keeps the delay on the traffic Service.
    if (!atRest || keptInitialDelaySeconds !== undefined) return undefined;
    const found =
      'the operator is held, and no upgrade is under way: the next change of the template would wait for one';
    if (delay !== undefined && !isHold(delay)) {
      return { id: 'hold-left', found, cure: `restore the initial delay of ${delay} s` };
    }
    const { delayPath } = generationOf(resource);
    const advice = `if that is not wanted, set ${delayPath}; its earlier value is not known`;
    return { id: 'hold-left', found, advice };
  },

  'nodes-refuse'(observation) {
    const pods = refusing(observation).map(({ pod }) => pod);
    if (pods.length === 0) return undefined;
    return {
      id: 'nodes-refuse',
      found: `${pods.join(', ')} still evacuate from an earlier upgrade, and refuse devices: the evacuation is kept on the data volume`,
      cure: 'stop these evacuations',
    };
  },
};

/** Whether the old template is back, and an operator that builds a further set for what it has left has gone back to the old sets. */
function isBack(cluster: ClusterView): boolean {
  const { journal, resource } = cluster;
  const { wanted } = operatorReportOf(cluster);
  if (!isOpen(journal) || !isTemplateForeign(cluster, journal) || noWayBack(cluster, journal)) return false;
  const isOld = liveDigestOf(resource) === journal.from.digest;
  return isOld && setsOf(journal, 'from').every((set) => wanted?.includes(set) ?? true);
}

/** The newest of two sets, when the operator mistakes it for the old one: it sorts them by size. */
function reversedOrigin(cluster: ClusterView): string | undefined {
  const newest = activeSets(cluster).at(-1)?.name;
  return newest !== undefined && operatorReportOf(cluster).upgrade?.blue.includes(newest) ? newest : undefined;
}

/** Nodes of a cluster at rest that evacuate. */
function refusing(observation: Observation) {
  const { cluster } = observation;
  const [only, ...others] = activeSets(cluster);
  if (!only || others.length > 0 || isOpen(cluster.journal)) return [];
  return nodesOf(observation, only.name).filter((node) => node.evacuating);
}

/** A run that is aborted from the start: the resource asks for what the old nodes run. */
function fixFor(observation: Observation, target: Target) {
  const { at, cluster } = observation;
  const page = newJournal(observation, target);
  const other = activeSets(cluster).find((set) => set.name !== page.from.set);
  const old = activeSets(cluster).find((set) => set.name === page.from.set);
  return {
    ...page,
    phase: 'revert' as const,
    began: { revert: at },
    from: { ...page.from, digest: target.liveDigest },
    to: { version: runningVersion(observation, other?.name) ?? '', ...(other && { set: other.name }) },
    // The resource asks for what the old nodes run, and for their number.
    oldReplicas: undefined,
    lostPods: Math.max(0, page.replicas - (old?.replicas ?? 0)),
    aborted: { at, phase: 'native' as const },
  };
}
