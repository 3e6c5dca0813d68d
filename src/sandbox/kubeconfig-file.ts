import { accessSync, chmodSync, constants, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parse } from 'yaml';
import { KUBECONFIG_NAME } from './kubernetes-api/kubernetes-api-server';

/** The kubeconfig cannot be written where it was asked for. */
export class KubeconfigFileError extends Error {
  override readonly name = 'KubeconfigFileError';
  /** What to do about it. */
  readonly fix = 'name another file by --kubeconfig-out';
}

/**
 * The kubeconfig of a sandbox as a file that its owner alone can read.
 *
 * A file that leads to anything but a sandbox is never touched.
 */
export class KubeconfigFile {
  /** @throws KubeconfigFileError when there is such a file, or one that cannot be read, and when none can be written there */
  constructor(readonly path: string) {
    if (!isFree(path)) throw new KubeconfigFileError(`${path} is there already, and was not written by a sandbox`);
    try {
      accessSync(dirname(path), constants.W_OK);
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException;
      throw new KubeconfigFileError(`${path} cannot be written: its folder gives ${code}`, { cause: error });
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
