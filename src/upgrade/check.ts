/** What a check is about: the cluster as it is, or (`change`) the requested change. */
export type CheckGroup = 'cluster' | 'operator' | 'nodes' | 'traffic' | 'run' | 'change';

/** The result of one check before an upgrade. */
export interface Check {
  /** Stable name, for scripts and for the documentation. */
  id: string;
  group: CheckGroup;
  status: 'ok' | 'warning' | 'blocker';
  /** What was found. */
  finding: string;
  /** What to do next; absent where all is well. */
  fix?: string;
}

/** What a check found; undefined where it does not apply. */
export type Finding = Pick<Check, 'status' | 'finding' | 'fix'> | undefined;

export const ok = (finding: string): Finding => ({ status: 'ok', finding });
export const warning = (finding: string, fix: string): Finding => ({ status: 'warning', finding, fix });
export const blocker = (finding: string, fix: string): Finding => ({ status: 'blocker', finding, fix });
