import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';
import { KUBECONFIG_NAME } from './kubernetes-api/kubernetes-api-server';

/** The kubeconfig cannot be written where it was asked for. */
export class KubeconfigTakenError extends Error {
  override readonly name = 'KubeconfigTakenError';
}

/**
 * The kubeconfig of a sandbox as a file that its owner alone can read.
 *
 * A file that leads to anything but a sandbox is never touched.
 */
export class KubeconfigFile {
  /** @throws KubeconfigTakenError when there is such a file, or one that cannot be read */
  constructor(readonly path: string) {
    if (!isFree(path)) {
      throw new KubeconfigTakenError(`${path} is there already, and was not written by a sandbox`);
    }
  }

  write(text: string): void {
    writeFileSync(this.path, text, { mode: 0o600 });
    chmodSync(this.path, 0o600); // the file may be there from an earlier sandbox
  }

  /** Removes what was written, unless somebody has put something else there since. */
  remove(): void {
    if (isFree(this.path)) rmSync(this.path, { force: true });
  }
}

/** Whether there is no such file, or one whose only cluster is a sandbox. */
function isFree(path: string): boolean {
  try {
    const { clusters } = parse(readFileSync(path, 'utf8')) as { clusters: { name: string }[] };
    return clusters.length > 0 && clusters.every(({ name }) => name === KUBECONFIG_NAME);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
