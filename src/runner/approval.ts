/** What a user has approved. */
export interface Approval {
  /** Of the template. */
  digest: string;
  /** Id of the last run of the cluster then, or {@link NO_RUN}. Undefined where only the digest was written, by hand. */
  after?: string;
}

/** Stands for the last run of a cluster that has had none. */
const NO_RUN = 'none';

/** As it is written to the ConfigMap. @param lastRun id of the last run of the cluster */
export function approvalText(digest: string, lastRun: string | undefined): string {
  return `${digest} after ${lastRun ?? NO_RUN}`;
}

/** @param text as it was written; anything but the digest of a template approves none */
export function approvalIn(text: string): Approval {
  const [, digest, after] = /^(\S+) after (\S+)$/.exec(text) ?? [];
  return digest !== undefined && after !== undefined ? { digest, after } : { digest: text };
}

/** Whether a run has ended since: an approval counts for one. */
export function isOutdated({ after }: Approval, { last }: { last: { id: string } | undefined }): boolean {
  return after !== undefined && after !== (last?.id ?? NO_RUN);
}
