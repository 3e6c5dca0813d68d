import { coerce, gt } from 'semver';

/** A version that is asked for, and older than what runs. */
export interface Downgrade {
  finding: string;
  /** Whether both versions are of one minor line: then it may be accepted. */
  isWithinLine: boolean;
  /** What to do next. */
  fix: string;
}

/**
 * EMQX does not promise to read the data of a newer version. Within a minor line only patches differ, so that going back may be worth
 * the risk; it must be accepted explicitly.
 *
 * @returns undefined where the wanted version is not older, or one of them is no version
 */
export function downgradeOf(running: string, wanted: string): Downgrade | undefined {
  const [from, to] = [coerce(running), coerce(wanted)];
  if (!from || !to || !gt(from, to)) return undefined;
  const isWithinLine = from.major === to.major && from.minor === to.minor;
  return {
    finding: `version ${wanted} is older than ${running}`,
    isWithinLine,
    fix: isWithinLine
      ? `a downgrade: EMQX does not promise to read newer data; where that is worth the risk, accept it by ${ACCEPT}`
      : `a downgrade to another minor line: EMQX does not promise to read newer data; ask for a version that is not older`,
  };
}

const ACCEPT = '--accept-downgrade (Pulumi: upgrade.acceptDowngrade)';

/** How to go back when the old nodes are gone. */
export function goBackAdvice({ from, to }: { from: { version: string }; to: { version: string } }): string {
  const downgrade = downgradeOf(to.version, from.version);
  const upgrade = `going back is an upgrade of its own, to version ${from.version}`;
  if (!downgrade) return upgrade;
  if (downgrade.isWithinLine) return `${upgrade}, with ${ACCEPT}: it is a downgrade`;
  return `there is no way back to version ${from.version}, which is of another minor line`;
}
