import { coerce, gt } from 'semver';

/** A requested version that is older than the running one. */
export interface Downgrade {
  finding: string;
  /** Whether both versions belong to one minor line: then it may be accepted. */
  isWithinLine: boolean;
  /** What to do next. */
  fix: string;
}

/**
 * EMQX does not guarantee that it reads the data of a newer version. Within a minor line only patches differ, so a downgrade may be
 * worth the risk; it must be accepted explicitly.
 *
 * @returns undefined where the wanted version is not older, or one of them is not a version
 */
export function downgradeOf(running: string, wanted: string): Downgrade | undefined {
  const [from, to] = [coerce(running), coerce(wanted)];
  if (!from || !to || !gt(from, to)) return undefined;
  const isWithinLine = from.major === to.major && from.minor === to.minor;
  return {
    finding: `version ${wanted} is older than ${running}`,
    isWithinLine,
    fix: isWithinLine
      ? `a downgrade: EMQX does not guarantee that it reads newer data; if that is worth the risk, accept it with ${ACCEPT}`
      : `a downgrade to another minor line: EMQX does not guarantee that it reads newer data; request a version that is not older`,
  };
}

const ACCEPT = '--accept-downgrade (Pulumi: upgrade.acceptDowngrade)';

/** How to go back when the old nodes are gone. */
export function goBackAdvice({ from, to }: { from: { version: string }; to: { version: string } }): string {
  const downgrade = downgradeOf(to.version, from.version);
  const upgrade = `to go back, run an upgrade to version ${from.version}`;
  if (!downgrade) return upgrade;
  if (downgrade.isWithinLine) return `${upgrade}, with ${ACCEPT}: it is a downgrade`;
  return `going back to version ${from.version} is not possible: it belongs to another minor line`;
}
