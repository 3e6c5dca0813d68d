import { accessSync, chmodSync, constants, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A file cannot be written where it was asked for. */
export class FileTakenError extends Error {
  override readonly name = 'FileTakenError';
}

/**
 * A file that a sandbox writes and removes, and that its owner alone can read. One that no sandbox wrote is never touched.
 */
export class OwnFile {
  /**
   * @param isOwn whether a text is one that a sandbox writes; what it throws is a no
   * @throws FileTakenError when there is another file, or one that cannot be read, and when none can be written there
   */
  constructor(
    readonly path: string,
    private readonly isOwn: (text: string) => boolean,
  ) {
    if (!this.isFree()) throw new FileTakenError(`${path} is there already, and was not written by a sandbox`);
    try {
      accessSync(dirname(path), constants.W_OK);
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException;
      throw new FileTakenError(`${path} cannot be written: its folder gives ${code}`, { cause: error });
    }
  }

  /** Whoever reads it meets the old text or the new one, never a part. */
  write(text: string): void {
    const part = `${this.path}.part`;
    writeFileSync(part, text, { mode: 0o600 });
    chmodSync(part, 0o600); // it may be there from an earlier sandbox
    renameSync(part, this.path);
  }

  /** Removes what was written, unless somebody has put something else there since. */
  remove(): void {
    if (this.isFree()) rmSync(this.path, { force: true });
  }

  private isFree(): boolean {
    try {
      return this.isOwn(readFileSync(this.path, 'utf8'));
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT';
    }
  }
}
