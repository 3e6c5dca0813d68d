import { versionOf } from '../resource';
import { isOpen } from './journal';
import { blueOf, nodesOf, type Observation, type SetView } from './observation';

/**
 * The version that serves. While a run is open it follows from the run, because evacuating nodes do not report their version: the old
 * one until the old nodes are empty, then the new one. Otherwise what the nodes report, or their image.
 */
export function servedVersion(observation: Observation): string {
  const { journal, resource } = observation.cluster;
  if (isOpen(journal)) {
    const isMoved = journal.began.retire !== undefined && !journal.aborted;
    return isMoved ? journal.to.version : journal.from.version;
  }
  const blue = blueOf(observation.cluster);
  return (blue && versionOfSet(observation, blue)) ?? versionOf(resource);
}

/** The version that the nodes of a set report, or that its image names. */
export function versionOfSet(observation: Observation, { name, image }: SetView): string | undefined {
  return runningVersion(observation, name) ?? versionOfImage(image);
}

/** The version that the nodes of a set report: the template may be newer. */
export function runningVersion(observation: Observation, set: string | undefined): string | undefined {
  return set === undefined ? undefined : nodesOf(observation, set).find((node) => node.version !== undefined)?.version;
}

/** The tag of an image, where it is a version. */
function versionOfImage(image = ''): string | undefined {
  return /:v?(\d+\.\d+\.\d+)[^:/]*$/.exec(image.split('@', 1)[0]!)?.[1];
}
